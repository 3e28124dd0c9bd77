import { analysisOf } from "./unit/analysis.ts";
import { hoverAt } from "../src/core/report/hover.ts";
import { hintsOf } from "../src/core/report/hints.ts";
import { summaryLine } from "../src/core/report/text.ts";
const full = `base_model: meta-llama/Llama-2-7b-hf
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_modules: [q_proj, v_proj]
micro_batch_size: 2
gradient_accumulation_steps: 4
sequence_len: 2048
optimizer: adamw_torch
learning_rate: 2e-4
lr_scheduler: cosine
warmup_steps: 10
bf16: true
gradient_checkpointing: true
flash_attention: true
max_steps: 100
`;
const shown=(m:string)=>m.replaceAll(/!\[[^\]]*\]\([^)]*\)/g, "").replaceAll("**", "").replaceAll(/\\([^\w\s])/g, "$1");
const lines = full.trim().split("\n");
const show=(text:string,line:number)=>console.log(shown(hoverAt(analysisOf(text),{line,character:1})?.markdown??"NONE").split("\n").filter(l=>l.trim()).join("\n  | "));
for (const [i, l] of lines.entries()) { const key=l.split(":")[0]; console.log("==",key); show(lines.map((x,j)=>j===i?`${key}: \${RUN}`:x).join("\n"), i); }
console.log("==== everything");
const all=lines.map(x=>`${x.split(":")[0]}: \${RUN}`).join("\n");
for (const i of lines.keys()) show(all,i);
console.log(summaryLine(analysisOf(all)), JSON.stringify(hintsOf(analysisOf(all))));
