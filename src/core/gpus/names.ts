/** Words of a GPU's name that people and programs leave out at will. */
const vendorWords = /^(?:nvidia|geforce|tesla|amd|instinct|radeon|intel|apple|rtx|gtx|rx|gpu|generation|edition)$/;
const formWords = /^(?:sxm\d*|pcie|oam|hbm\d*e?|server|workstation|maxq|blackwell)$/;
const sizeWord = /^\d+g$/;

/** The name in lower case without makers' words, spaces and what stands in brackets: `RTX 4090` and `4090` are the same. */
export function withoutVendor(name: string): string {
  return words(name).join("");
}

/** As `withoutVendor`, and without the socket and the kind of memory: `A100-SXM4-80GB` is `a10080g`. */
export function withoutForm(name: string): string {
  return words(name)
    .filter((word) => !formWords.test(word))
    .join("");
}

/** As `withoutForm`, and without the size: `A100-SXM4-80GB` is `a100`. */
export function withoutSize(name: string): string {
  return words(name)
    .filter((word) => !formWords.test(word) && !sizeWord.test(word))
    .join("");
}

function words(name: string): readonly string[] {
  return name
    .toLowerCase()
    .replace(/\([^)]*\)/g, " ")
    .replace("max-q", "maxq")
    .replace(/(\d)\s*gi?b?(?![a-z0-9])/g, "$1g")
    .split(/[\s_/-]+/)
    .filter((word) => word !== "" && !vendorWords.test(word));
}
