/** Counts the samples of a data file that arrives in pieces. */
export interface SampleCounter {
  /** The next bytes of the file, in UTF-8. */
  readonly push: (bytes: Uint8Array) => void;
  /** The samples of the whole file; undefined when it does not hold a table of samples. */
  readonly end: () => number | undefined;
}

/** A counter for the file's format, which its name tells; undefined for formats that are not counted. */
export function sampleCounter(path: string): SampleCounter | undefined {
  switch (/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase()) {
    case "jsonl":
    case "ndjson":
      return filledLines();
    case "json":
      return jsonValues();
    case "csv":
      return records(0x2c);
    case "tsv":
      return records(0x09);
    case "txt":
      return lines();
    default:
      return undefined;
  }
}

const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;

/** JSON Lines: every line that is not blank is a sample. */
function filledLines(): SampleCounter {
  let count = 0;
  let filled = false;
  return {
    push(bytes) {
      for (const byte of bytes) {
        if (byte === newline) {
          if (filled) count++;
          filled = false;
        } else if (!isBlank(byte)) filled = true;
      }
    },
    end: () => count + (filled ? 1 : 0),
  };
}

/** Plain text: every line is a sample, blank ones too; the end of the file ends the last one. */
function lines(): SampleCounter {
  let count = 0;
  let open = false;
  return {
    push(bytes) {
      for (const byte of bytes) {
        open = byte !== newline;
        if (!open) count++;
      }
    },
    end: () => count + (open ? 1 : 0),
  };
}

/** Comma- or tab-separated values: records are lines, but for line breaks within quotes; the first is the header. */
function records(separator: number): SampleCounter {
  let count = 0;
  let filled = false;
  let state: "start" | "plain" | "quoted" | "quote" = "start";
  const next = (byte: number): typeof state => {
    if (state === "quoted") return byte === quote ? "quote" : "quoted";
    if (byte === quote && state !== "plain") return "quoted";
    return byte === separator || byte === newline ? "start" : "plain";
  };
  return {
    push(bytes) {
      for (const byte of bytes) {
        const ends = byte === newline && state !== "quoted";
        state = next(byte);
        if (!ends) filled ||= !isBlank(byte);
        else if (filled) {
          count++;
          filled = false;
        }
      }
    },
    end: () => (state === "quoted" ? undefined : Math.max(0, count + (filled ? 1 : 0) - 1)),
  };
}

/**
 * JSON: the elements of a list; of an object that holds lists, its columns, the length that they share; or, of several
 * values one after the other (JSON Lines under another name), their number.
 */
function jsonValues(): SampleCounter {
  const open: ("list" | "object")[] = [];
  let roots = 0;
  let elements = 0;
  let columns: number[] = [];
  let root: "list" | "object" | "scalar" = "scalar";
  let inText = false;
  let escaped = false;
  let inWord = false;

  /** A value begins: within a list of the first level, or of the second in an object, it is an element. */
  const begin = (kind: typeof root) => {
    if (open.length === 0) {
      roots++;
      root = kind;
      elements = 0;
      columns = [];
    } else if (open.length === 1 && open[0] === "list") elements++;
    else if (open.length === 1 && kind === "list") columns.push(0);
    else if (open.length === 2 && open[0] === "object" && open[1] === "list") {
      columns.push((columns.pop() ?? 0) + 1);
    }
  };
  const read = (byte: number) => {
    if (inText) {
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) inText = false;
      return;
    }
    const wasInWord = inWord;
    inWord = false;
    switch (byte) {
      case quote:
        begin("scalar");
        inText = true;
        return;
      case 0x5b: // [
        begin("list");
        open.push("list");
        return;
      case 0x7b: // {
        begin("object");
        open.push("object");
        return;
      case 0x5d: // ]
      case 0x7d: // }
        open.pop();
        return;
      case 0x2c: // ,
      case 0x3a: // :
        return;
      default:
        if (isBlank(byte) || byte >= 0x80) return;
        if (!wasInWord) begin("scalar");
        inWord = true;
    }
  };
  return {
    push(bytes) {
      for (const byte of bytes) read(byte);
    },
    end() {
      if (inText || open.length > 0 || roots === 0) return undefined;
      if (roots > 1) return roots;
      if (root === "list") return elements;
      const [first, ...others] = columns;
      return others.every((length) => length === first) ? first : undefined;
    },
  };
}

/** Spaces, tabs, line ends, and the bytes of a byte order mark. */
function isBlank(byte: number): boolean {
  return byte <= 0x20 || byte === 0xef || byte === 0xbb || byte === 0xbf;
}
