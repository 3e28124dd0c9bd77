import { t } from "../language.ts";
/** What is said of a text that is no number of samples. */
export const samplesHint = t`A whole number of samples, such as 52002 or 52,002`;

/** The number of samples that a user has typed; undefined for an empty text, null for one that is no count. */
export function typedSamples(text: string): number | undefined | null {
  const digits = text.replace(/[\s,_]/g, "");
  if (digits === "") return undefined;
  const samples = /^\d+$/.test(digits) ? Number(digits) : 0;
  return samples > 0 && Number.isSafeInteger(samples) ? samples : null;
}
