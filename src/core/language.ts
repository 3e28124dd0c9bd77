/** Texts in another language, by their English; `{0}` stands for the first value in it. */
export type Translations = Readonly<Record<string, string>>;

let translations: Translations = {};
let isEnglish = true;

/** Says everything in another language from now on, and in English what has no translation there. */
export function speak(language: Translations): void {
  translations = language;
  isEnglish = Object.keys(language).length === 0;
}

/** A text for the reader, in the reader's language: t`${count} of ${all} files`. */
export function t(english: TemplateStringsArray, ...values: readonly (string | number | undefined)[]): string {
  const own = isEnglish
    ? undefined
    : translations[english.reduce((pattern, part, index) => `${pattern}{${index - 1}}${part}`)];
  return own === undefined
    ? english.reduce((text, part, index) => `${text}${values[index - 1]}${part}`)
    : filled(own, values);
}

/** A text that is kept as English data, such as what a key means. */
export function translated(english: string): string {
  return translations[english] ?? english;
}

/** A pattern with its values. */
function filled(pattern: string, values: readonly (string | number | undefined)[]): string {
  return pattern.replace(/\{(\d+)\}/g, (_, index) => String(values[index]));
}
