/** The Helm chart: what it renders is what Sightline, the demo's users and Kubernetes expect. */

import assert from "node:assert/strict";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { readCommandLine } from "../src/cli/command_line.ts";
import type { ResolvedConfig } from "../src/config/resolve_config.ts";
import { checkArguments } from "./support/check_arguments.ts";
import { goTool } from "./support/go_tools.ts";
import { runProgram } from "./support/run_program.ts";

const deploy = new URL("../deploy/helm/", import.meta.url);
const { path: helm, reason } = await goTool("helm");
const ignore = helm === null;

/** An object of Kubernetes, whose shape is what is tested. */
// deno-lint-ignore no-explicit-any
type Manifest = any;

/** All values of the demo's chart, none of them its default. */
const demoValues = {
  image: { name: "registry.example/sightline", tag: "9", pullPolicy: "Always" },
  use_host_network: true,
  visualizer_service: { type: "ClusterIP", port: 5000 },
  stream_url: "rtsp://user:pass word@camera:8080/ch0",
  ovms_url: "ovms:9000",
  model_name: "person-vehicle-bike-detection",
  model_version: 3_000_000,
  binary_input: true,
  inference_executors: 7,
  buffer_size: 33,
  log_level: "DEBUG",
  http_proxy: "http://proxy:911",
  https_proxy: "http://proxy:912",
};

const configValues = {
  replicas: 3,
  config: {
    models: { detector: { ovms_url: "ovms:9000", model_name: "m" } },
    defaults: { model: "detector", fps: 5 },
    streams: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`cam-${index}`, {
        stream_url: `rtsp://cam-${index}/live`,
      }]),
    ),
  },
};

async function render(
  values: object,
): Promise<{ code: number; stderr: string; manifests: Manifest[] }> {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(file, JSON.stringify(values));
    const lint = await runProgram(helm!, ["lint", "--strict", "sightline", "-f", file], deploy);
    const args = ["template", "rel", "sightline", "--kube-version", "1.31.0", "-f", file];
    const { code, stdout, stderr } = await runProgram(helm!, args, deploy);
    // What a template refuses is only a remark to lint.
    if (code === 0) assert.equal(lint.code, 0, lint.stdout + lint.stderr);
    const manifests = parseAllDocuments(stdout).map((document) => document.toJS());
    return { code, stderr, manifests: manifests.filter((manifest) => manifest !== null) };
  } finally {
    await Deno.remove(file);
  }
}

async function rendered(values: object): Promise<Manifest[]> {
  const { code, stderr, manifests } = await render(values);
  assert.equal(code, 0, stderr);
  return manifests;
}

function pick(manifests: readonly Manifest[], kind: string, name = "rel-sightline"): Manifest {
  const found = manifests.find(({ kind: its, metadata }) => its === kind && metadata.name === name);
  return found ?? assert.fail(`no ${kind} ${name} in ${manifests.map(({ kind }) => kind)}`);
}

function container(manifests: readonly Manifest[]): Manifest {
  return pick(manifests, "StatefulSet").spec.template.spec.containers[0];
}

/** The arguments of one pod, as Kubernetes hands them over. */
function argumentsOf(manifests: readonly Manifest[], pod: string): string[] {
  return container(manifests).args.map((arg: string) => arg.replaceAll("$(POD_NAME)", pod));
}

Deno.test(
  { name: `chart: all values of the demo's chart keep their meaning${reason}`, ignore },
  async () => {
    const manifests = await rendered(demoValues);
    const config = checkArguments(argumentsOf(manifests, "rel-sightline-0"));
    const [stream] = config.streams;
    assert.equal(stream!.source.url, demoValues.stream_url);
    assert.deepEqual(
      stream!.inference.kind === "server" && {
        url: stream!.inference.url,
        name: stream!.inference.modelName,
        version: stream!.inference.modelVersion,
      },
      { url: "grpc://ovms:9000", name: demoValues.model_name, version: 3_000_000 },
    );
    assert.deepEqual(
      [stream!.binaryInput, stream!.executors, stream!.bufferSize, config.log.level],
      [true, 7, 33, "DEBUG"],
    );
    const { spec } = pick(manifests, "StatefulSet").spec.template;
    assert.equal(spec.hostNetwork, true);
    assert.equal(spec.containers[0].image, "registry.example/sightline:9");
    assert.equal(spec.containers[0].imagePullPolicy, "Always");
    const env = Object.fromEntries(
      spec.containers[0].env.map(({ name, value }: Manifest) => [name, value]),
    );
    assert.equal(env.http_proxy, demoValues.http_proxy);
    assert.equal(env.https_proxy, demoValues.https_proxy);
  },
);

Deno.test({
  name: `chart: the Service reaches the live view, the probes what answers them${reason}`,
  ignore,
}, async () => {
  const manifests = await rendered(demoValues);
  const config = checkArguments(argumentsOf(manifests, "rel-sightline-0"));
  const { ports, livenessProbe, readinessProbe } = container(manifests);
  const port = (name: string) => ports.find((port: Manifest) => port.name === name).containerPort;
  const service = pick(manifests, "Service");
  assert.equal(service.spec.type, "ClusterIP");
  assert.equal(port(service.spec.ports[0].targetPort), config.visualizer?.port);
  assert.equal(config.visualizer?.host, "0.0.0.0");
  assert.equal(port(livenessProbe.httpGet.port), config.metrics?.port);
  assert.equal(config.metrics?.host, "0.0.0.0");
  assert.deepEqual(
    [livenessProbe.httpGet.path, readinessProbe.httpGet.path],
    ["/healthz", "/readyz"],
  );
});

Deno.test({
  name: `chart: without a live view there is none, and no Service for it${reason}`,
  ignore,
}, async () => {
  const { visualizer_service: _, ...values } = demoValues;
  const manifests = await rendered(values);
  const config = checkArguments(argumentsOf(manifests, "rel-sightline-0"));
  assert.equal(config.visualizer, null);
  const names = manifests.filter(({ kind }) => kind === "Service").map(({ metadata }) =>
    metadata.name
  );
  assert.deepEqual(names, ["rel-sightline-pods"]);
});

Deno.test({
  name: `chart: replicas share the streams of the ConfigMap, each has one owner${reason}`,
  ignore,
}, async () => {
  const manifests = await rendered({
    ...configValues,
    visualizer_service: { type: "ClusterIP", port: 80 },
  });
  const { replicas } = pick(manifests, "StatefulSet").spec;
  assert.equal(replicas, 3);
  const owners = new Map<string, number>();
  for (let ordinal = 0; ordinal < replicas; ordinal++) {
    const config = await withConfigMap(manifests, `rel-sightline-${ordinal}`);
    for (const { name, source } of config.streams) {
      owners.set(name, (owners.get(name) ?? 0) + 1);
      assert.equal(source.fps, 5);
    }
  }
  assert.equal(owners.size, 20);
  assert.deepEqual([...new Set(owners.values())], [1]);
});

/** What one pod makes of its arguments and of the file that the ConfigMap mounts. */
async function withConfigMap(manifests: readonly Manifest[], pod: string): Promise<ResolvedConfig> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, pick(manifests, "ConfigMap").data["sightline.yaml"]);
    const args = argumentsOf(manifests, pod).slice(1)
      .map((arg) => arg.replace("/config/sightline.yaml", file));
    const commandLine = await readCommandLine(args);
    if (commandLine.kind !== "right") assert.fail(JSON.stringify(commandLine));
    return commandLine.config;
  } finally {
    await Deno.remove(file);
  }
}

Deno.test({
  name: `chart: nothing runs as root, nothing is written but /data and /tmp${reason}`,
  ignore,
}, async () => {
  const { spec } = pick(await rendered(demoValues), "StatefulSet").spec.template;
  assert.equal(spec.securityContext.runAsNonRoot, true);
  assert.equal(spec.securityContext.runAsUser, 10001);
  assert.equal(spec.automountServiceAccountToken, false);
  const { securityContext, volumeMounts } = spec.containers[0];
  assert.equal(securityContext.readOnlyRootFilesystem, true);
  assert.equal(securityContext.allowPrivilegeEscalation, false);
  assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
  const writable = volumeMounts.filter(({ readOnly }: Manifest) => !readOnly)
    .map(({ mountPath }: Manifest) => mountPath);
  assert.deepEqual(writable, ["/tmp", "/data"]);
});

Deno.test({ name: `chart: /tmp may lie in memory${reason}`, ignore }, async () => {
  for (const [tmp_in_memory, emptyDir] of [[true, { medium: "Memory" }], [false, {}]]) {
    const manifests = await rendered({ ...demoValues, tmp_in_memory });
    const { volumes } = pick(manifests, "StatefulSet").spec.template.spec;
    const tmp = volumes.find(({ name }: Manifest) => name === "tmp");
    assert.deepEqual(tmp, { name: "tmp", emptyDir });
  }
});

Deno.test({ name: `chart: a Secret's keys are files and variables${reason}`, ignore }, async () => {
  const manifests = await rendered({ ...configValues, credentials_secret: "cams" });
  const { spec } = pick(manifests, "StatefulSet").spec.template;
  assert.deepEqual(spec.containers[0].envFrom, [{ secretRef: { name: "cams" } }]);
  const { name } = spec.containers[0].volumeMounts
    .find(({ mountPath }: Manifest) => mountPath === "/secrets");
  const volume = spec.volumes.find((volume: Manifest) => volume.name === name);
  assert.equal(volume.secret.secretName, "cams");
});

Deno.test({
  name: `chart: a token keeps the live view, or it is open to everybody by request${reason}`,
  ignore,
}, async () => {
  const service = { type: "LoadBalancer", port: 5000 };
  const kept = await rendered({
    ...demoValues,
    credentials_secret: "cams",
    visualizer_service: { ...service, token_key: "view" },
  });
  const { visualizer } = checkArguments(argumentsOf(kept, "rel-sightline-0"));
  assert.deepEqual(visualizer?.access?.token, { file: "/secrets/view" });
  const open = await rendered({
    ...demoValues,
    visualizer_service: { ...service, insecure: true },
  });
  assert.equal(checkArguments(argumentsOf(open, "rel-sightline-0")).visualizer?.access, null);
});

/** What Helm says once the chart is installed; `helm template` leaves it out, so a copy renders it. */
async function notes(values: object): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  try {
    await cp(new URL("sightline", deploy), folder, { recursive: true });
    await rename(join(folder, "templates/NOTES.txt"), join(folder, "NOTES.txt"));
    const template = `notes: {{ tpl (.Files.Get "NOTES.txt") . | toJson }}`;
    await Deno.writeTextFile(join(folder, "templates/notes.yaml"), template);
    await Deno.writeTextFile(join(folder, "v.json"), JSON.stringify(values));
    const args = ["template", "rel", ".", "--kube-version", "1.31.0", "-f", "v.json"];
    const only = ["--show-only", "templates/notes.yaml"];
    const { code, stdout, stderr } = await runProgram(helm!, [...args, ...only], folder);
    assert.equal(code, 0, stderr);
    return parseAllDocuments(stdout)[0]!.toJS().notes;
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test({
  name: `chart: whoever installs it is told who can watch without a token${reason}`,
  ignore,
}, async () => {
  const service = { port: 5000, type: "LoadBalancer", insecure: true };
  const cases: [object, RegExp | null][] = [
    [{ visualizer_service: { port: 0 } }, null],
    [{ credentials_secret: "c", visualizer_service: { ...service, token_key: "t" } }, null],
    [
      { visualizer_service: service },
      /reaches the LoadBalancer of Service rel-sightline can watch all/,
    ],
    [
      { visualizer_service: { port: 5000 } },
      /reaches Service rel-sightline from within the cluster can watch all/,
    ],
    [
      { use_host_network: true, visualizer_service: { port: 5000 } },
      /reaches port 5000 of a node can watch all/,
    ],
  ];
  for (const [values, words] of cases) {
    const text = await notes({ ...demoValues, use_host_network: false, ...values });
    if (words === null) assert.doesNotMatch(text, /WARNING/);
    else assert.match(text, words);
  }
});

Deno.test(
  { name: `chart: budget, monitor and policy select the pods${reason}`, ignore },
  async () => {
    const manifests = await rendered({
      ...demoValues,
      metrics: { port: 9999, service_monitor: { enabled: true, labels: { team: "a" } } },
      network_policy: { enabled: true, ingress_from: [{ podSelector: {} }] },
      persistence: { enabled: true, size: "1Gi" },
    });
    const set = pick(manifests, "StatefulSet");
    const { labels } = set.spec.template.metadata;
    const selectors = [
      set.spec.selector.matchLabels,
      pick(manifests, "PodDisruptionBudget").spec.selector.matchLabels,
      pick(manifests, "NetworkPolicy").spec.podSelector.matchLabels,
      pick(manifests, "Service").spec.selector,
    ];
    for (const selector of selectors) assert.deepEqual({ ...labels, ...selector }, labels);
    const monitor = pick(manifests, "ServiceMonitor");
    const pods = pick(manifests, "Service", "rel-sightline-pods");
    const wanted = monitor.spec.selector.matchLabels;
    assert.deepEqual({ ...pods.metadata.labels, ...wanted }, pods.metadata.labels);
    assert.equal(pods.spec.ports[0].name, monitor.spec.endpoints[0].port);
    assert.equal(set.spec.serviceName, pods.metadata.name);
    assert.equal(set.spec.volumeClaimTemplates[0].metadata.name, "data");
    assert.ok(!set.spec.template.spec.volumes.some(({ name }: Manifest) => name === "data"));
  },
);

Deno.test(
  { name: `chart: wrong values are refused, with their names${reason}`, ignore },
  async () => {
    const cases: [object, RegExp][] = [
      [{ ...demoValues, log_level: "LOUD" }, /log_level/],
      [{ ...demoValues, buffer_size: 0 }, /buffer_size/],
      [{ ...demoValues, bufer_size: 1 }, /bufer_size/],
      [{}, /stream_url is missing/],
      [{ ...configValues, stream_url: "rtsp://a" }, /stream_url cannot stand beside config/],
      [
        { ...demoValues, visualizer_service: { type: "NodePort", port: 5000 } },
        /NodePort opens the live view: give token_key/,
      ],
      [
        { ...demoValues, visualizer_service: { type: "ClusterIP", port: 5000, token_key: "t" } },
        /token_key is a key of credentials_secret/,
      ],
      [{ ...demoValues, replicas: 2 }, /replicas above 1 want config/],
      [{ ...demoValues, drain_timeout_ms: 29_000 }, /termination_grace_period_seconds must be/],
    ];
    for (const [values, words] of cases) {
      const { code, stderr } = await render(values);
      assert.notEqual(code, 0, JSON.stringify(values));
      assert.match(stderr, words);
    }
  },
);
