using System.Text.Json.Nodes;
using Lateen.Injection;
using Lateen.Injection.Config;
using Lateen.Injection.Pods;
using Lateen.Injection.Yaml;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection;

public sealed class InjectorTests
{
    private const string Deployment =
        """
        metadata:
          generateName: nginx-deployment-6d9f8b-
          labels: {app: nginx, pod-template-hash: 6d9f8b}
          ownerReferences:
          - {apiVersion: apps/v1, kind: ReplicaSet, name: nginx-deployment-6d9f8b, uid: u1, controller: true}
        spec:
          containers:
          - name: nginx
            image: nginx:1.25.3
        """;

    [Fact]
    public void Pod_PlainDeployment_GetsRulesAndSidecar()
    {
        var pod = Inject(Deployment);

        var init = PodParts.Find(pod, "initContainers", "istio-init")!;
        string.Join(' ', init["args"]!.AsArray().Select(a => (string)a! is "" ? "\"\"" : (string)a!)).ShouldBe(
            "istio-iptables -p 15001 -z 15006 -u 1337 -m REDIRECT -i * -x \"\" -b * -d 15090,15021,15020 --log_output_level=default:info");
        init["securityContext"]!["capabilities"]!["add"]!.ToJsonString().ShouldBe("""["NET_ADMIN","NET_RAW"]""");
        var proxy = PodParts.Find(pod, "containers", "istio-proxy")!;
        ((string)proxy["image"]!).ShouldBe("docker.io/istio/proxyv2:1.19.3");
        proxy["securityContext"]!["runAsUser"]!.ToJsonString().ShouldBe("1337");
        proxy["readinessProbe"]!["httpGet"]!["port"]!.ToJsonString().ShouldBe("15021");
        ProxyEnvironment.Read(proxy, "ISTIO_META_OWNER").ShouldBe("kubernetes://apis/apps/v1/namespaces/default/deployments/nginx-deployment");
        PodParts.Label(pod, "service.istio.io/canonical-name").ShouldBe("nginx");
        PodParts.Annotation(pod, "sidecar.istio.io/status").ShouldBe(
            """{"initContainers":["istio-init"],"containers":["istio-proxy"],"volumes":["workload-socket","credential-socket","workload-certs","istio-envoy","istio-data","istio-podinfo","istio-token","istiod-ca-cert"],"imagePullSecrets":null,"revision":"default"}""");
    }

    [Fact]
    public void Pod_InjectedTwice_IsTheSame()
    {
        var once = Inject(Deployment);

        var twice = Injector.Inject(Input(once)).After;

        JsonNode.DeepEquals(once, twice).ShouldBeTrue(YamlWriter.Write(Injector.Inject(Input(once)).ToPatch()));
    }

    [Fact]
    public void Pod_InjectedTwiceWithProbesAndMetricsAndOwnProxy_IsTheSame()
    {
        var once = Inject(
            """
            metadata:
              name: app
              annotations: {prometheus.io/port: "9090", prometheus.io/scrape: "true", prometheus.io/path: /m}
            spec:
              containers:
              - name: app
                image: app
                ports: [{containerPort: 80, name: http}]
                livenessProbe: {httpGet: {path: /live, port: http}}
                readinessProbe: {grpc: {port: 9000}}
              - name: istio-proxy
                image: auto
                resources: {limits: {cpu: 500m}}
            """);

        var twice = Injector.Inject(Input(once)).After;

        YamlWriter.Write(twice).ShouldBe(YamlWriter.Write(once));
    }

    [Theory]
    [InlineData("sidecar.istio.io/interceptionMode", "REDIRCT", "REDIRECT, TPROXY or NONE")]
    [InlineData("traffic.sidecar.istio.io/excludeInboundPorts", "80,x", "\"x\"")]
    [InlineData("traffic.sidecar.istio.io/includeOutboundIPRanges", "10.0.0.0/33", "10.0.0.0/33")]
    [InlineData("status.sidecar.istio.io/port", "70000", "0 to 65535")]
    [InlineData("proxy.istio.io/config", "- a", "ProxyConfig")]
    public void Pod_WrongAnnotation_IsRefusedWithItsName(string name, string value, string told)
    {
        var pod = (JsonObject)YamlReader.Read(Deployment)!;
        pod["metadata"]!["annotations"] = new JsonObject { [name] = value };

        var problem = Should.Throw<InjectionException>(() => Injector.Inject(Input(pod)));

        problem.Message.ShouldContain(name);
        problem.Message.ShouldContain(told);
    }

    [Fact]
    public void Pod_UnknownTemplate_IsRefusedWithTheKnownOnes()
    {
        var pod = (JsonObject)YamlReader.Read(Deployment)!;
        pod["metadata"]!["annotations"] = new JsonObject { ["inject.istio.io/templates"] = "sidecar,nope" };

        Should.Throw<InjectionException>(() => Injector.Inject(Input(pod))).Message
            .ShouldStartWith("requested template \"nope\" not found; have gateway, grpc-agent, grpc-simple, sidecar");
    }

    [Fact]
    public void Template_ThatFails_NamesTemplateLineAndReason()
    {
        var config = InjectorConfig.Parse("templates:\n  sidecar: |\n    metadata:\n      name: {{ .Spec.Nope }}\n", "{}");

        Should.Throw<InjectionException>(() => Injector.Inject(Input((JsonObject)YamlReader.Read(Deployment)!) with { Config = config })).Message
            .ShouldBe("failed to run injection template: template \"sidecar\", line 2: PodSpec has no field Nope");
    }

    [Fact]
    public void Template_NumberWhereTextIsWanted_IsRefusedWithTheFieldsPath()
    {
        var config = InjectorConfig.Parse("templates:\n  sidecar: |\n    metadata:\n      labels: {version: 1.10}\n", "{}");

        Should.Throw<InjectionException>(() => Injector.Inject(Input((JsonObject)YamlReader.Read(Deployment)!) with { Config = config })).Message
            .ShouldContain("metadata.labels.version: a text (put it in quotes) is wanted");
    }

    [Fact]
    public void OwnProxyContainer_OtherUser_IsTheUserThatTheRulesSpare()
    {
        var pod = Inject(
            """
            metadata: {name: app}
            spec:
              containers:
              - {name: app, image: app}
              - name: istio-proxy
                image: auto
                securityContext: {runAsUser: 4000, runAsGroup: 4001}
            """);

        var arguments = PodParts.Find(pod, "initContainers", "istio-init")!["args"]!.AsArray().Select(a => (string)a!).ToList();
        arguments[arguments.IndexOf("-u") + 1].ShouldBe("4000");
        PodParts.FindProxy(pod)!["securityContext"]!["runAsUser"]!.ToJsonString().ShouldBe("4000");
        ((bool)PodParts.FindProxy(pod)!["securityContext"]!["runAsNonRoot"]!).ShouldBeTrue();
    }

    [Fact]
    public void Parameters_ClusterAndNetwork_ReachSidecarAndLabel()
    {
        var input = Input((JsonObject)YamlReader.Read(Deployment)!) with { Parameters = InjectionPath.Read("/inject/cluster/c1/net/n1") };

        var pod = Injector.Inject(input).After;

        var proxy = PodParts.FindProxy(pod)!;
        ProxyEnvironment.Read(proxy, "ISTIO_META_CLUSTER_ID").ShouldBe("c1");
        ProxyEnvironment.Of(proxy).Count(entry => (string)entry!["name"]! == "ISTIO_META_CLUSTER_ID").ShouldBe(1);
        ProxyEnvironment.Read(proxy, "ISTIO_META_NETWORK").ShouldBe("n1");
        PodParts.Label(pod, "topology.istio.io/network").ShouldBe("n1");
    }

    [Fact]
    public void ProxyConfigResources_OfThreeLevels_TheNearestWinsAndVariablesJoin()
    {
        JsonObject Resource(string ns, string spec) => (JsonObject)YamlReader.Read($"{{metadata: {{name: r, namespace: {ns}}}, spec: {spec}}}")!;
        var input = Input((JsonObject)YamlReader.Read(Deployment)!) with
        {
            ProxyConfigs =
            [
                Resource("default", "{selector: {matchLabels: {app: nginx}}, image: {imageType: distroless}, environmentVariables: {A: pod}}"),
                Resource("istio-system", "{concurrency: 1, image: {imageType: debug}, environmentVariables: {A: mesh, B: mesh}}"),
                Resource("default", "{concurrency: 3}"),
                Resource("other", "{concurrency: 9}"),
                Resource("default", "{selector: {matchLabels: {app: another}}, concurrency: 8}"),
            ],
        };

        var proxy = PodParts.FindProxy(Injector.Inject(input).After)!;

        ((string?)proxy["image"]).ShouldBe("docker.io/istio/proxyv2:1.19.3-distroless");
        ProxyEnvironment.Read(proxy, "A").ShouldBe("pod");
        ProxyEnvironment.Read(proxy, "B").ShouldBe("mesh");
        JsonNode.Parse(ProxyEnvironment.Read(proxy, "PROXY_CONFIG")!)!["concurrency"]!.ToJsonString().ShouldBe("3");
    }

    internal static InjectorConfig Shipped { get; } =
        InjectorConfig.Parse(ShippedManifests.InjectorTexts.Config, ShippedManifests.InjectorTexts.Values);

    private static InjectionInput Input(JsonObject pod) => new(pod, WorkloadIdentity.OfPod(pod, "default"), Shipped, MeshSettings.Default);

    private static JsonObject Inject(string yaml) => Injector.Inject(Input((JsonObject)YamlReader.Read(yaml)!)).After;
}
