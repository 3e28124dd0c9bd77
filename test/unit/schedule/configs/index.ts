import type { ConfigOf } from "../golden.ts";
import { configOf as axolotl } from "./axolotl.ts";
import { configOf as composer } from "./composer.ts";
import { configOf as deepspeed } from "./deepspeed.ts";
import { configOf as gptNeox } from "./gptNeox.ts";
import { configOf as huggingFace } from "./huggingFace.ts";
import { configOf as litgpt } from "./litgpt.ts";
import { configOf as llamaFactory } from "./llamaFactory.ts";
import { configOf as megatron } from "./megatron.ts";
import { configOf as nanotron } from "./nanotron.ts";
import { configOf as olmo } from "./olmo.ts";
import { configOf as torch } from "./torch.ts";
import { configOf as torchtune } from "./torchtune.ts";
import { configOf as verl } from "./verl.ts";

/** How the reference cases of a framework are written as its configs, by the name of their file. */
export const configs: Readonly<Record<string, ConfigOf>> = {
  axolotl,
  composer,
  deepspeed,
  gptNeox,
  huggingFace,
  litgpt,
  llamaFactory,
  megatron,
  nanotron,
  olmo,
  torch,
  torchtune,
  verl,
};
