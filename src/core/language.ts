/** Texts in another language, by their English; `{0}` stands for the first value in it. */
export type Translations = Readonly<Record<string, string>>;

let translations: Translations = {};

/** Says everything in another language from now on, and in English what has no translation there. */
export function speak(language: Translations): void {
  translations = language;
}

/** A text for the reader, in the language that is spoken: t`${count} of ${all} files`. */
export function t(english: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  const pattern = patternOf(english);
  return filled(translations[pattern] ?? pattern, values);
}

/** A text that is kept as English data, such as the documentation of a key. */
export function translated(english: string): string {
  return translations[english] ?? english;
}
