import assert from "node:assert/strict";
import { estimateMemory } from "../../../src/core/memory/estimate.ts";
import { hostBytes } from "../../../src/core/memory/offload.ts";
import { stagesOf } from "../../../src/core/memory/parallel.ts";
import type { Run } from "../../../src/core/memory/run.ts";
import { divergenceCost } from "../../../src/core/memory/teacher.ts";
import { analysisOf, answered } from "../analysis.ts";

/** torchtune's recipe that teaches Qwen2.5 7B with 14B. */
const torchtune = `model:
  _component_: torchtune.models.qwen2_5.lora_qwen2_5_7b_instruct
  lora_attn_modules: ['q_proj', 'v_proj']
  lora_rank: 64
  lora_alpha: 128
teacher_model:
  _component_: torchtune.models.qwen2_5.qwen2_5_14b_instruct
tokenizer:
  _component_: torchtune.models.qwen2_5.qwen2_5_tokenizer
  max_seq_len: 2048
dataset:
  _component_: torchtune.datasets.alpaca_cleaned_dataset
batch_size: 2
gradient_accumulation_steps: 8
optimizer:
  _component_: torch.optim.AdamW
  fused: True
  lr: 3e-4
loss:
  _component_: torchtune.modules.loss.CEWithChunkedOutputLoss
kd_loss:
  _component_: torchtune.modules.loss.ForwardKLWithChunkedOutputLoss
epochs: 1
dtype: bf16
enable_activation_checkpointing: True
`;
const alone = torchtune.replace(/teacher_model:\n.*\n/, "");
/** Parameters of Qwen2.5 14B and SmolLM2 360M, from their model cards. */
const [qwen14, smol360] = [14_770_033_664, 361_821_120];

/** TRL's GKD. */
const gkd = `model_name_or_path: HuggingFaceTB/SmolLM2-135M-Instruct
teacher_model_name_or_path: HuggingFaceTB/SmolLM2-360M-Instruct
lmbda: 0.5
beta: 0.5
max_length: 1024
per_device_train_batch_size: 1
learning_rate: 1e-5
optim: adamw_torch_fused
dtype: bfloat16
bf16: false
gradient_checkpointing: false
`;

/** ms-swift's GKD, with prompts of 1,024 tokens and answers of 512. */
const swift = `rlhf_type: gkd
model: Qwen/Qwen2.5-0.5B
teacher_model: Qwen/Qwen2.5-7B
tuner_type: full
torch_dtype: bfloat16
max_length: 1024
per_device_train_batch_size: 1
learning_rate: 1e-5
`;

function runOf(text: string): Run {
  return answered(analysisOf(text).run);
}

function weightsOf(text: string): number {
  return answered(analysisOf(text).memory).components.weights;
}

/** The most logits that there are at a moment. */
function logitsAt(text: string, phase: string): number {
  const moments = stagesOf(runOf(text)).flatMap((stage) => stage.moments);
  return Math.max(...moments.filter((moment) => moment.phase === phase).map(({ logits }) => logits));
}

describe("a teacher's weights", () => {
  it("are on the GPU beside the student's, in the type of torchtune's run", () => {
    assert.equal(weightsOf(torchtune) - weightsOf(alone), 2 * qwen14);
  });

  it("are quantised where torchtune's builder says so", () => {
    const quantized = torchtune.replace("qwen2_5.qwen2_5_14b", "qwen2_5.qlora_qwen2_5_14b");
    const added = weightsOf(quantized) - weightsOf(alone);
    // Embedding and output layer, 152,064 × 5120 each, stay in 16 bits.
    const ends = 2 * 152_064 * 5120;
    const [half, nf4] = [2 * ends, (1 / 2 + 1 / 64 + 4 / (64 * 256)) * (qwen14 - ends)];
    assert.ok(Math.abs(added - half - nf4) < 0.001 * added);
  });

  it("are split as torchtune splits the student's, and whole beside TRL's students unless ZeRO-3 splits all", () => {
    const distributed = `${torchtune}data_parallel_shard_dim: 2\n`;
    assert.equal(weightsOf(distributed) - weightsOf(`${alone}data_parallel_shard_dim: 2\n`), (2 * qwen14) / 2);
    const shared = weightsOf(`${gkd}num_processes: 4\nfsdp: full_shard auto_wrap\n`);
    assert.equal(shared, (2 * 134_515_008) / 4 + 2 * smol360);
    const zero = weightsOf(
      `${gkd}num_processes: 4\ndeepspeed: { bf16: { enabled: true }, zero_optimization: { stage: 3 } }\n`,
    );
    assert.equal(zero, (2 * (134_515_008 + smol360)) / 4);
  });

  it("are split as the student's in ms-swift, but for those with DeepSpeed settings of their own", () => {
    const zero = `${swift}deepspeed: zero3\n`;
    const own = (teacher: string) => answered(analysisOf(zero + teacher, { gpus: 4 }).memory).components.weights;
    const [student, seven] = [494_032_768, 7_615_616_512];
    assert.equal(own(""), (2 * (student + seven)) / 4);
    assert.equal(own("teacher_deepspeed: zero2\n"), (2 * student) / 4 + 2 * seven);
  });

  it("wait in the host's memory where NeMo Automodel offloads them, and are fetched for their pass", () => {
    const automodel = (lines: string) =>
      runOf(
        `recipe: KnowledgeDistillationRecipeForNextTokenPrediction
step_scheduler: { global_batch_size: 16, local_batch_size: 1 }
model:
  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained
  pretrained_model_name_or_path: meta-llama/Llama-3.2-1B
  torch_dtype: bfloat16
teacher_model:
  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained
  pretrained_model_name_or_path: meta-llama/Llama-3.2-3B
  torch_dtype: bfloat16
packed_sequence: { packed_sequence_size: 1024 }
optimizer: { _target_: torch.optim.AdamW, lr: 1.0e-5 }
distributed: { strategy: ddp }
${lines}`,
      );
    const fetched = (run: Run) =>
      Math.max(...stagesOf(run).flatMap(({ moments }) => moments.map((each) => each.buffers)));
    const weights = (run: Run) => estimateMemory(run).components.weights;
    assert.equal(weights(automodel("")), 2 * (1_235_814_400 + 3_212_749_824));
    assert.equal(fetched(automodel("")), 0);
    assert.equal(weights(automodel("offload_teacher_model: true\n")), 2 * 1_235_814_400);
    assert.equal(fetched(automodel("offload_teacher_model: true\n")), 2 * 3_212_749_824);
    assert.equal(hostBytes(automodel("offload_teacher_model: true\n")), 2 * 3_212_749_824);
  });
});

describe("logits that are compared with a teacher's", () => {
  it("are there twice in 16 bits, with 4 + 4 + 1 bytes kept beside the 4 of torchtune's cross-entropy", () => {
    const logits = 2 * 2048 * 152_064;
    // The last norm keeps its float32 input and the root, and the frozen output layer nothing.
    const norm = 2 * 2048 * (4 * 3584 + 4);
    assert.equal(logitsAt(torchtune, "end of the forward pass"), (2 + 2 + 9 + 4) * logits + norm + 4 + 4);
    const [before, after] = [alone, torchtune].map((text) => logitsAt(text, "loss backward"));
    assert.ok((after ?? 0) - (before ?? 0) >= 9 * logits);
  });

  it("take sixteen tensors of their size in TRL's generalised Jensen-Shannon divergence", () => {
    // Beside what the last norm and the output layer keep: 4H, a root, 2H and 2H bytes of each token.
    const norm = 1024 * (8 * 576 + 4);
    assert.equal(logitsAt(gkd, "end of the forward pass"), 16 * 2 * 1024 * 49_152 + norm + 4);
    // In float32 under autocast.
    const wide = logitsAt(gkd.replace("bf16: false", "bf16: true"), "end of the forward pass");
    assert.equal(wide, 16 * 4 * 1024 * 49_152 + norm + 4);
  });

  it("take seven and three in ms-swift's chunks of it beside the student's, and two with the most likely words alone", () => {
    const logits = 1536 * 151_936;
    // The last norm keeps its float32 input, the root, 2H and 2H bytes of each token.
    const norm = 1536 * (8 * 896 + 4);
    assert.equal(logitsAt(swift, "end of the forward pass"), (1 + 7 + 3) * 4 * logits + norm + 4);
    assert.equal(logitsAt(`${swift}gkd_logits_topk: 64\n`, "end of the forward pass"), (1 + 1) * 4 * logits + norm + 4);
  });

  it("take fewer at its ends, which have no mixture", () => {
    assert.equal(divergenceCost("forward-kl", 2, false).kept, 2 * 2);
    assert.equal(divergenceCost("reverse-kl", 2, false).kept, 3 * 2);
  });

  it("are there with those of what the model was in LLaMA-Factory's ASFT, in 16 bits under DeepSpeed", () => {
    const sft = `stage: sft
model_name_or_path: Qwen/Qwen2.5-0.5B
finetuning_type: full
deepspeed: { bf16: { enabled: true }, zero_optimization: { stage: 0 } }
dataset: math
template: qwen
cutoff_len: 1024
per_device_train_batch_size: 1
learning_rate: 1.0e-5
bf16: true
output_dir: saves
`;
    const asft = `${sft}use_asft_loss: true\n`;
    assert.equal(weightsOf(asft), 2 * weightsOf(sft));
    // Cross-entropy keeps 4 bytes of each, the distance 4 + 2; at the end there are two more of 2, five of 4, and the logits.
    const logits = 1024 * 151_936;
    const norm = 1024 * (8 * 896 + 4);
    assert.equal(
      logitsAt(asft, "end of the forward pass"),
      (4 + 6 + 2 * 2 + 5 * 4 + 2) * logits + norm + 8 * 1024 + 4 + 4,
    );
    assert.equal(analysisOf(asft.replace("full", "lora")).plan.teacher, undefined);
    assert.equal(analysisOf(`${asft}ref_model: Qwen/Qwen2.5-7B\n`).plan.teacher?.id.value, "Qwen/Qwen2.5-7B");
  });

  it("keep the teacher's 16-bit logits alone where torchtune compiles the losses", () => {
    assert.equal(divergenceCost("torchtune", 2, true).kept, 2);
  });
});

describe("distillation whose teacher is not known", () => {
  const reasonOf = (text: string) => {
    const { memory } = analysisOf(text);
    return memory.value ? "" : memory.reason;
  };

  it("has no figure", () => {
    assert.match(
      reasonOf(torchtune.replace("qwen2_5.qwen2_5_14b_instruct", "mine.big")),
      /^the teacher: the architecture of/,
    );
    assert.match(reasonOf(`${swift}use_vllm: true\nvllm_mode: colocate\n`), /what the model that is learnt from takes/);
  });
});
