import { quantile } from "../../../scripts/accuracy/statistics.mts";
import { build } from "../../../scripts/setup.mjs";
import { analyze } from "../../../src/core/analyze.ts";
import { builtInCatalogue } from "../../../src/core/models/builtIn.ts";
import { type PanelModel, panelModel } from "../../../src/core/report/panelModel.ts";
import { openBarePage } from "../../e2e/barePage.ts";
import type { Subject } from "../subject.mts";

const turns = 25;

/** A run of so many updates, with a peak that an edit changes. */
const config = (updates: number, scheduler: string, rate: number) => `base_model: NousResearch/Llama-3.2-1B
datasets: [{ path: tatsu-lab/alpaca, type: alpaca }]
adapter: lora
lora_r: 16
lora_target_linear: true
loraplus_lr_ratio: 16
micro_batch_size: 2
gradient_accumulation_steps: 4
sequence_len: 2048
learning_rate: ${rate}
${scheduler}
max_steps: ${updates}
`;

const schedulers = {
  linear: "lr_scheduler: linear",
  cosine: "lr_scheduler: cosine",
  "40 restarts": "lr_scheduler: cosine_with_restarts\nlr_scheduler_kwargs: { num_cycles: 40 }",
};

/** What one sees of an edit: the text is read, and the page draws what comes of it. */
export const subject: Subject = {
  title: "An edit of a run of 100,000 updates in the open panel, against one of 1,000 (aim: 100 ms)",
  async measure() {
    await build(["--production"]);
    const bare = await openBarePage();
    try {
      const rows: string[][] = [];
      for (const [name, scheduler] of Object.entries(schedulers)) {
        const short: number[] = [];
        const long: number[] = [];
        const reading: number[] = [];
        for (let turn = 0; turn < turns + 2; turn++) {
          const rate = turn % 2 === 0 ? 2e-4 : 1e-4;
          const few = edited(config(1000, scheduler, rate));
          const many = edited(config(100_000, scheduler, rate));
          const [drawnFew, drawnMany] = [await drawing(few.model), await drawing(many.model)];
          if (turn < 2) continue;
          short.push(few.milliseconds + drawnFew);
          long.push(many.milliseconds + drawnMany);
          reading.push(many.milliseconds);
        }
        const ratios = long.map((milliseconds, turn) => milliseconds / (short[turn] ?? Number.NaN));
        rows.push([
          name,
          ...[short, reading, long].map((times) => quantile(times, 0.5).toFixed(1)),
          quantile(long, 0.95).toFixed(1),
          quantile(ratios, 0.5).toFixed(1),
        ]);
      }
      return [["Scheduler", "1,000 ms", "100,000: reading ms", "all ms", "95th percentile", "Ratio"], ...rows];
    } finally {
      await bare.close();
    }

    /** Milliseconds until the page has taken the model over and laid out what it drew. */
    function drawing(model: PanelModel): Promise<number> {
      const shown = { uri: "file:///run.yml", pinned: false, compared: [] };
      const message = JSON.stringify({ type: "show", shown, model, hypothesis: {}, answers: 0 });
      return bare.page.evaluate((text) => {
        const data = JSON.parse(text);
        const started = performance.now();
        window.dispatchEvent(new MessageEvent("message", { data }));
        document.body.getBoundingClientRect();
        return performance.now() - started;
      }, message);
    }
  },
};

function edited(text: string): { readonly model: PanelModel; readonly milliseconds: number } {
  const started = performance.now();
  const analysis = analyze(text, { format: "yaml", catalogue: builtInCatalogue });
  if (!analysis) throw new Error("the config is not recognised");
  const model = panelModel("run.yml", analysis);
  return { model, milliseconds: performance.now() - started };
}
