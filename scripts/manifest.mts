/** The part of package.json in which its settings are, by sections. */
interface Manifest<Setting> {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting | undefined>> }[];
  };
}

/** The setting of that name, as the manifest's own object, whichever section it is in. */
export function settingNamed<Setting>({ contributes }: Manifest<Setting>, name: string): Setting {
  for (const { properties } of contributes.configuration) {
    const setting = properties[name];
    if (setting) return setting;
  }
  throw new Error(`There is no setting ${name}.`);
}
