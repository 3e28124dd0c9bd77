import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { assert } from "chai";
import { commands, Uri, workspace } from "vscode";
import { hotConfig, hoverTexts, hoverTextWhen, open, positionOf, testedExtension } from "../documents.ts";
import { allowNetwork } from "../network.ts";
import { configFor, folder, tiny, tinyParameters, write } from "../tinyModel.ts";

describe("the Hugging Face cache in VS Code", () => {
  it("has the config of models that were downloaded", async () => {
    const cache = Uri.joinPath(folder(), "..", "hf-cache");
    const before = process.env["HF_HUB_CACHE"];
    process.env["HF_HUB_CACHE"] = cache.fsPath;
    try {
      const repository = Uri.joinPath(cache, "models--my-lab--cached-tiny");
      await write(Uri.joinPath(repository, "refs", "main"), "0123abc");
      await write(Uri.joinPath(repository, "snapshots", "0123abc", "config.json"), tiny);
      const { document } = await open(configFor("my-lab/cached-tiny"));
      await hoverTextWhen(document, "model_name_or_path", new RegExp(`${tinyParameters}.*Hugging Face cache`));
    } finally {
      if (before === undefined) delete process.env["HF_HUB_CACHE"];
      else process.env["HF_HUB_CACHE"] = before;
    }
  });
});

describe("fetching a model's config from the Hub in VS Code", () => {
  const requests: IncomingMessage[] = [];
  let server: Server;
  let endpoint: string;
  const kept = { HF_ENDPOINT: process.env["HF_ENDPOINT"], HF_TOKEN: process.env["HF_TOKEN"] };

  before(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      if (request.url?.startsWith("/my-lab/gated")) response.writeHead(401).end();
      else if (request.url?.startsWith("/my-lab/slow")) return;
      else if (request.url?.startsWith("/my-lab/")) response.end(tiny);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    endpoint = `http://${host}`;
    allowNetwork(host);
    process.env["HF_ENDPOINT"] = `${endpoint}/`;
    process.env["HF_TOKEN"] = "hf_secret";
  });

  beforeEach(() => {
    requests.length = 0;
  });

  after(async () => {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    allowNetwork(undefined);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await commands.executeCommand("notifications.clearAll");
  });

  it("does not happen without the user's word, but is offered where the model is not known", async () => {
    const { document } = await open(configFor("my-lab/unheard-of"));
    const hover = await hoverTextWhen(document, "model_name_or_path", /not known/);
    assert.include(hover, "[Fetch config.json from the Hub](command:fineTuneLens.fetchModel?");
    const { document: known } = await open(hotConfig);
    assert.notInclude((await hoverTexts(known.uri, positionOf(known, "model_name_or_path")))[0], "fetchModel");
    assert.lengthOf(requests, 0);
  });

  it("honours HF_ENDPOINT and HF_TOKEN, asks for one file, and brings the figures", async () => {
    const { document } = await open(configFor("my-lab/fetched-tiny"));
    await commands.executeCommand("fineTuneLens.fetchModel", document.uri.toString());
    assert.deepEqual(
      requests.map(({ url, headers }) => [url, headers.authorization]),
      [["/my-lab/fetched-tiny/resolve/main/config.json", "Bearer hf_secret"]],
    );
    await hoverTextWhen(document, "model_name_or_path", new RegExp(`${tinyParameters}.*from the Hugging Face Hub`));
  });

  it("is kept: another config of the same model needs no further request", async () => {
    const { document } = await open(`# again\n${configFor("my-lab/fetched-tiny")}`);
    await hoverTextWhen(document, "model_name_or_path", new RegExp(tinyParameters));
    assert.lengthOf(requests, 0);
  });

  it("happens for unknown models of opened configs when the setting says so", async () => {
    const settings = workspace.getConfiguration("fineTuneLens");
    await settings.update("models.fetch", true, true);
    try {
      const { document } = await open(configFor("my-lab/set-tiny"));
      await hoverTextWhen(document, "model_name_or_path", new RegExp(tinyParameters));
      assert.lengthOf(requests, 1);
    } finally {
      await settings.update("models.fetch", undefined, true);
    }
  });

  it("says why it failed, and leaves everything as it was", async () => {
    for (const model of ["my-lab/gated-tiny", "other-lab/missing", "./not-on-the-hub"]) {
      const { document } = await open(configFor(model));
      await commands.executeCommand("fineTuneLens.fetchModel", document.uri.toString());
      await hoverTextWhen(document, "model_name_or_path", /not known/);
    }
  });

  it("is only ever for models of open configs", async () => {
    const extension = testedExtension();
    assert.isTrue(extension?.isActive);
    await open("just: yaml\n");
    await commands.executeCommand("fineTuneLens.fetchModel", "file:///etc/passwd");
    assert.lengthOf(requests, 0);
  });
});
