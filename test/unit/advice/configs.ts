/** A config of each of the frameworks that most people use, each for a run of 7B parameters. */
export const configs: Readonly<Record<string, string>> = {
  axolotl: `base_model: meta-llama/Llama-2-7b-hf  # the base
datasets:
  - path: tatsu-lab/alpaca
    type: alpaca
sequence_len: 4096
micro_batch_size: 8
gradient_accumulation_steps: 2  # 16 per GPU
num_epochs: 3
optimizer: adamw_torch_fused
learning_rate: 2e-5
bf16: true
`,
  "LLaMA-Factory": `### model
model_name_or_path: meta-llama/Llama-2-7b-hf
### method
stage: sft
finetuning_type: full
### train
cutoff_len: 2048
per_device_train_batch_size: 8
gradient_accumulation_steps: 2
learning_rate: 1.0e-5
num_train_epochs: 3
pure_bf16: true
disable_gradient_checkpointing: true
`,
  TRL: `model_name_or_path: meta-llama/Llama-2-7b-hf
dataset_name: tatsu-lab/alpaca
dtype: bfloat16
max_length: 2048
per_device_train_batch_size: 16
gradient_accumulation_steps: 1
gradient_checkpointing: false
learning_rate: 2.0e-05
use_peft: false
packing: true
`,
  torchtune: `# tune run lora_finetune_single_device --config this.yaml
model:
  _component_: torchtune.models.llama2.lora_llama2_7b
  lora_attn_modules: [q_proj, v_proj]
  apply_lora_to_mlp: True
  lora_rank: 64
tokenizer:
  _component_: torchtune.models.llama2.llama2_tokenizer
  max_seq_len: 2048
optimizer:
  _component_: torch.optim.AdamW
  fused: True
  lr: 3e-4
loss:
  _component_: torchtune.modules.loss.CEWithChunkedOutputLoss
batch_size: 8
gradient_accumulation_steps: 8  # Use to increase effective batch size
epochs: 1
enable_activation_checkpointing: False
dtype: bf16
`,
  "ms-swift": `model: Qwen/Qwen2.5-7B-Instruct
tuner_type: full
dataset: ["AI-ModelScope/alpaca-gpt4-data-zh#500"]
torch_dtype: bfloat16
max_length: 2048
per_device_train_batch_size: 4
gradient_accumulation_steps: 4
gradient_checkpointing: false
learning_rate: 1e-5
`,
  LitGPT: `checkpoint_dir: checkpoints/meta-llama/Llama-2-7b-hf
out_dir: out/finetune/lora
precision: bf16-true
lora_r: 32
train:
  global_batch_size: 16
  micro_batch_size: 8
  max_seq_length: 2048
  epochs: 1
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: 0.0002
`,
  Oumi: `model:
  model_name: "meta-llama/Llama-2-7b-hf"
  model_max_length: 2048
  torch_dtype_str: "bfloat16"
data:
  train:
    datasets:
      - dataset_name: "yahma/alpaca-cleaned"
training:
  trainer_type: "TRL_SFT"
  per_device_train_batch_size: 8
  gradient_accumulation_steps: 2
  enable_gradient_checkpointing: False
  optimizer: "adamw_torch_fused"
  learning_rate: 2.0e-05
`,
};
