import type { Language } from "./grammars.ts";

/** Files of other tools, each with something that looks like a value of a training config. */
export const foreign: Record<string, readonly [Language, string]> = {
  "a GitHub workflow": [
    "source.yaml",
    `name: Release
on:
  schedule:
    - cron: "30 5 * * 1"
env:
  IMAGE: \${{ github.repository_owner }}/runner
  TOKEN: \${{secrets.NPM_TOKEN}}
jobs:
  build:
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    strategy:
      matrix:
        node: [20, 22, "24.x"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/ai-inference@v1
        with:
          model: openai/gpt-4o
          path: dist/\${{ matrix.node }}
      - run: docker tag app \${image} && echo \${sha:0:7} \${tag:-latest} \${PWD}
      - run: |
          base_model: meta-llama/Llama-3.1-8B
          echo \${a.b}
`,
  ],
  "a compose file": [
    "source.yaml",
    `services:
  api:
    image: ghcr.io/acme/api:\${TAG:-latest}
    build: acme/api
    command: serve --port \${PORT} --name \${name}
    environment:
      DATABASE_URL: postgres://\${DB_USER}:$\${DB_PASSWORD}@db/app
      REGION: \${REGION:?set the region}
    healthcheck:
      interval: 30s
      start_period: 1m30s
models:
  chat:
    model: ai/smollm2
`,
  ],
  "a Kubernetes manifest": [
    "source.yaml",
    `apiVersion: apps/v1
kind: Deployment
metadata:
  name: serving
  labels: {app.kubernetes.io/name: serving, tier: "1ep"}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: model
          image: vllm/vllm-openai:v0.8.5
          args: ["--model", "meta-llama/Llama-3.1-8B", "--port=$(PORT)"]
          resources:
            limits: {memory: 64Gi, cpu: 500m}
          livenessProbe: {periodSeconds: 10, initialDelaySeconds: 5e1}
---
apiVersion: v1
kind: ConfigMap
data:
  poll_interval: 10sec
  model: acme/classifier
`,
  ],
  "an OpenAPI description": [
    "source.yaml",
    `openapi: 3.1.0
info: {title: Chat, version: 1.0.0}
servers:
  - url: https://{region}.example.com/v1
paths:
  /chat/{id}:
    post:
      operationId: chat.create
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Request"}
            example: {model: openai/gpt-4o, textSize: 14sp, timeout: 30sec}
`,
  ],
  "a Serverless file": [
    "source.yaml",
    `service: api
provider:
  stage: \${opt:stage, 'dev'}
  environment:
    TABLE: \${self:custom.table}-\${env:USER}
resources:
  Value: !Sub "\${AWS::Region}-\${Bucket.Arn}-\${Stage}"
`,
  ],
  "a package.json": [
    "source.json",
    `{
  "name": "@acme/web",
  "version": "1.0.0",
  "repository": "acme/web",
  "main": "dist/index.js",
  "scripts": { "build": "tsc -p \${npm_config_project}", "deploy": "deploy \${stage}" },
  "config": { "model": "acme/web", "duration": "14sp", "timeout": "30sec" }
}
`,
  ],
  "tasks of VS Code": [
    "source.json.comments",
    `{
  // build and watch
  "version": "2.0.0",
  "tasks": [
    {
      "type": "npm",
      "path": "\${workspaceFolder}/\${file}",
      "options": { "cwd": "\${config:build.folder}", "env": { "HOME": "\${env:HOME}" } }
    }
  ]
}
`,
  ],
};
