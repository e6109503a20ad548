using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Sandbox;

/// <summary>What a person sees of pods on the sandbox's node, without any sidecar.</summary>
public sealed class PodTests(SandboxMesh mesh) : IClassFixture<SandboxMesh>
{
    private const string Plain = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: nginx, image: "nginx:1.25.3"}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{name: http, port: 8080, targetPort: 80}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: client, labels: {app: client}}
        spec: {containers: [{name: toolbox, image: "centos:7.9.2009", command: [tail, -f, /dev/null]}]}
        """;

    private const string Late = """
        apiVersion: v1
        kind: Pod
        metadata: {name: late, labels: {app: late}}
        spec:
          securityContext: {runAsUser: 1234, runAsGroup: 1234}
          initContainers:
          - {name: first, image: busybox, command: [sh, -c, "echo one > /v/out"], volumeMounts: [{name: v, mountPath: /v}]}
          - {name: second, image: busybox, command: [sh, -c, "id -u >> /v/out"], volumeMounts: [{name: v, mountPath: /v}]}
          containers:
          - name: toolbox
            image: busybox
            command: [sh, -c, "cat /v/out /cfg/text; echo; tail -f /dev/null"]
            volumeMounts: [{name: v, mountPath: /v}, {name: cfg, mountPath: /cfg}]
          volumes: [{name: v, emptyDir: {}}, {name: cfg, configMap: {name: settings}}]
        """;

    [Fact]
    public async Task Service_OfTwoPods_IsReachedByNameAndBalanced()
    {
        SandboxMesh.SkipUnlessPossible();
        await CreateAsync("plain", Plain);
        await WaitAsync("plain", "pod/client", "Ready");
        (await mesh.KubectlAsync(["rollout", "status", "-n", "plain", "--timeout=45s", "deployment/web"])).MustSucceed();

        string codes = (await mesh.InPodAsync("plain", "client", "for i in $(seq 40); do curl -s -o /dev/null -w '%{http_code} ' --max-time 5 web:8080; done")).MustSucceed().Output;

        codes.Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldAllBe(code => code == "200");
        string logs = (await mesh.KubectlAsync(["logs", "-n", "plain", "-l", "app=web", "--prefix"])).MustSucceed().Output;
        logs.Split('\n').Where(line => line.Contains("GET / HTTP", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]).Distinct().Count()
            .ShouldBe(2, "40 connections reach both pods");
        (await mesh.InPodAsync("plain", "client", "getent hosts none.plain")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Pod_ThatNeedsAMissingConfigMap_WaitsAndThenRunsInOrder()
    {
        SandboxMesh.SkipUnlessPossible();
        await CreateAsync("late", Late);
        (await mesh.KubectlAsync(["wait", "-n", "late", "--for=condition=PodScheduled", "--timeout=20s", "pod/late"])).MustSucceed();

        (await mesh.KubectlAsync(["create", "configmap", "-n", "late", "settings", "--from-literal=text=settings"])).MustSucceed();
        await WaitAsync("late", "pod/late", "Ready");

        (await mesh.KubectlAsync(["logs", "-n", "late", "late", "-c", "toolbox"])).MustSucceed().Output.ShouldStartWith("one\n1234\nsettings");
    }

    [Fact]
    public async Task Pod_WithAnImageThatNothingStandsFor_SaysSo()
    {
        SandboxMesh.SkipUnlessPossible();
        await CreateAsync("unknown", """
            apiVersion: v1
            kind: Pod
            metadata: {name: unknown}
            spec: {containers: [{name: c, image: "example.com/nothing:1"}]}
            """);

        (await mesh.KubectlAsync(
            ["wait", "-n", "unknown", "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImagePull", "--timeout=20s", "pod/unknown"])).MustSucceed();
    }

    [Fact]
    public async Task Namespace_Deleted_TakesItsPodsAlong()
    {
        SandboxMesh.SkipUnlessPossible();
        await CreateAsync("gone", Plain);
        await WaitAsync("gone", "pod/client", "Ready");
        string uid = (await mesh.KubectlAsync(["get", "pod", "-n", "gone", "client", "-o", "jsonpath={.metadata.uid}"])).MustSucceed().Output;

        (await mesh.KubectlAsync(["delete", "namespace", "gone", "--timeout=40s"], null, TimeSpan.FromSeconds(45))).MustSucceed();

        string ns = $"{mesh.Name}-pod-{uid[..8]}";
        (await mesh.LeftoversAsync()).Where(line => line.StartsWith(ns, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private async Task CreateAsync(string ns, string manifest)
    {
        (await mesh.KubectlAsync(["create", "namespace", ns])).MustSucceed();
        (await mesh.KubectlAsync(["apply", "-n", ns, "-f", "-"], manifest)).MustSucceed();
    }

    private async Task WaitAsync(string ns, string what, string condition) =>
        (await mesh.KubectlAsync(["wait", "-n", ns, $"--for=condition={condition}", "--timeout=45s", what], null, TimeSpan.FromSeconds(50))).MustSucceed();
}
