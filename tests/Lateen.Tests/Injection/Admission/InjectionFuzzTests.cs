using System.Text;
using System.Text.Json.Nodes;
using Lateen.Injection.Admission;
using Lateen.Injection.Config;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Admission;

/// <summary>Pods with parts replaced, doubled or taken away at random: every call is answered, none throws.</summary>
public sealed class InjectionFuzzTests
{
    private const string Pod =
        """
        {"metadata":{"name":"p","generateName":"p-","namespace":"n","labels":{"app":"p","sidecar.istio.io/inject":"true"},
        "annotations":{"prometheus.io/port":"1","proxy.istio.io/config":"{\"image\":{\"imageType\":\"debug\"}}","inject.istio.io/templates":"sidecar",
        "sidecar.istio.io/status":"{\"containers\":[\"istio-proxy\"]}","proxy.istio.io/overrides":"{\"containers\":[{\"name\":\"istio-proxy\"}]}",
        "sidecar.istio.io/userVolume":"{\"v\":{\"emptyDir\":{}}}","sidecar.istio.io/proxyCPU":"1"},
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"p-1","uid":"u","controller":true}]},
        "spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80,"name":"h"}],"env":[{"name":"A","value":"1"}],
        "readinessProbe":{"httpGet":{"port":"h","path":"/"}},"livenessProbe":{"tcpSocket":{"port":81}},"startupProbe":{"grpc":{"port":82}},
        "resources":{"limits":{"cpu":"1500m"}}},{"name":"istio-proxy","image":"auto","securityContext":{"runAsUser":5}}],
        "initContainers":[{"name":"init","image":"i"}],"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}],
        "imagePullSecrets":[{"name":"s"}],"securityContext":{"fsGroup":1},"serviceAccountName":"sa"}}
        """;

    private static readonly string[] Values =
        ["null", "true", "0", "-1.5", "1e300", "\"\"", "\"x\"", "\"{{ . }}\"", "[]", "{}", "[null]", "[{}]", "{\"$patch\":\"delete\"}", "{\"name\":\"istio-proxy\"}", "\"istio-proxy\"", "\"\\u0000\""];

    [Fact]
    public void Pods_MutatedAtRandom_AreAllAnswered()
    {
        var random = new Random(20231011);
        var snapshot = new InjectionSnapshot(InjectorTests.Shipped, MeshSettings.Default, "");
        var outcomes = new Dictionary<AdmissionOutcome, int>();
        for (var i = 0; i < 1500; i++)
        {
            var pod = JsonNode.Parse(Pod)!;
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                Mutate(pod, random);
            }

            var body = InjectionAdmissionTests.Review(pod.ToJsonString());
            var answer = Should.NotThrow(() => InjectionAdmission.Answer(Encoding.UTF8.GetBytes(body), "/inject", snapshot), body);
            answer.Reason.ShouldNotBeNull();
            outcomes[answer.Outcome] = outcomes.GetValueOrDefault(answer.Outcome) + 1;
        }

        outcomes.GetValueOrDefault(AdmissionOutcome.Injected).ShouldBeGreaterThan(100);
        outcomes.GetValueOrDefault(AdmissionOutcome.Refused).ShouldBeGreaterThan(100);
    }

    private static void Mutate(JsonNode root, Random random)
    {
        var node = root;
        while (true)
        {
            List<JsonNode?> children = node switch
            {
                JsonObject { Count: > 0 } map => [.. map.Select(entry => entry.Value)],
                JsonArray { Count: > 0 } list => [.. list],
                _ => [],
            };
            if (children.Count == 0)
            {
                return;
            }

            var at = random.Next(children.Count);
            if (random.Next(3) > 0 && children[at] is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
            {
                node = children[at]!;
                continue;
            }

            Change(node, at, random);
            return;
        }
    }

    private static void Change(JsonNode node, int at, Random random)
    {
        var value = JsonNode.Parse(Values[random.Next(Values.Length)]);
        switch (node)
        {
            case JsonObject map when random.Next(4) == 0:
                map.RemoveAt(at);
                break;
            case JsonObject map:
                map[map.ElementAt(at).Key] = value;
                break;
            case JsonArray list when random.Next(3) == 0:
                list.Add(list[at]?.DeepClone());
                break;
            case JsonArray list:
                list[at] = value;
                break;
        }
    }
}
