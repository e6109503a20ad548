using System.Text;
using System.Text.Json.Nodes;
using Lateen.Injection.Admission;
using Lateen.Injection.Config;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Admission;

public sealed class InjectionAdmissionTests
{
    internal const string Pod = """{"metadata":{"name":"p","labels":{"app":"p"}},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
    private static readonly InjectionSnapshot Snapshot = new(InjectorTests.Shipped, MeshSettings.Default, "");

    [Theory]
    [InlineData("admission.k8s.io/v1")]
    [InlineData("admission.k8s.io/v1beta1")]
    public void Review_OfPod_IsAnsweredInItsVersionWithPatch(string version)
    {
        var answer = Answer(Review(Pod).Replace("admission.k8s.io/v1", version));

        answer.Outcome.ShouldBe(AdmissionOutcome.Injected);
        answer.Pod.ShouldBe("web/p");
        var review = JsonNode.Parse(answer.Body)!;
        ((string?)review["kind"]).ShouldBe("AdmissionReview");
        ((string?)review["apiVersion"]).ShouldBe(version);
        ((string?)review["response"]!["uid"]).ShouldBe("u1");
        ((bool?)review["response"]!["allowed"]).ShouldBe(true);
        ((string?)review["response"]!["patchType"]).ShouldBe("JSONPatch");
        var patch = JsonNode.Parse(Convert.FromBase64String((string)review["response"]!["patch"]!))!.AsArray();
        patch.Select(operation => (string?)operation!["path"]).ShouldContain("/spec/initContainers");
        patch.Select(operation => (string?)operation!["path"]).ShouldContain("/metadata/annotations");
    }

    [Fact]
    public void Review_OfPodThatSaysNo_IsAllowedWithoutPatch()
    {
        var answer = Answer(Review(Pod.Replace("\"app\":\"p\"", "\"sidecar.istio.io/inject\":\"false\"")));

        answer.Outcome.ShouldBe(AdmissionOutcome.Skipped);
        var response = JsonNode.Parse(answer.Body)!["response"]!;
        ((bool?)response["allowed"]).ShouldBe(true);
        response["patch"].ShouldBeNull();
    }

    [Fact]
    public void Review_OfWrongPod_IsRefusedWithTheReason()
    {
        var answer = Answer(Review(Pod.Replace("\"labels\":{", "\"annotations\":{\"status.sidecar.istio.io/port\":\"x\"},\"labels\":{")));

        answer.Outcome.ShouldBe(AdmissionOutcome.Refused);
        var response = JsonNode.Parse(answer.Body)!["response"]!;
        ((bool?)response["allowed"]).ShouldBe(false);
        ((string?)response["uid"]).ShouldBe("u1");
        ((string)response["status"]!["message"]!).ShouldContain("status.sidecar.istio.io/port");
    }

    [Theory]
    [InlineData("", "no body found")]
    [InlineData("garbage", "not JSON")]
    [InlineData("[]", "no AdmissionReview")]
    [InlineData("{}", "no AdmissionReview")]
    [InlineData("{\"request\":1}", "no AdmissionReview")]
    [InlineData("{\"a\":1,\"a\":2}", "not JSON")]
    public void Body_ThatIsNoReview_IsTurnedAway(string body, string reason)
    {
        var answer = Answer(body);

        answer.Status.ShouldBe(400);
        Encoding.UTF8.GetString(answer.Body).ShouldContain(reason);
    }

    [Theory]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("{\"spec\":[]}")]
    [InlineData("{\"metadata\":7,\"spec\":{\"containers\":{}}}")]
    [InlineData("{\"metadata\":{\"labels\":[1],\"annotations\":\"x\"},\"spec\":{\"containers\":[1,null,{\"name\":2}]}}")]
    [InlineData("{\"metadata\":{\"annotations\":{\"sidecar.istio.io/status\":\"{\"}},\"spec\":{\"containers\":[{}]}}")]
    [InlineData("{\"metadata\":{\"annotations\":{\"proxy.istio.io/overrides\":\"{\"}},\"spec\":{\"containers\":[]}}")]
    [InlineData("{\"metadata\":{\"ownerReferences\":[{\"controller\":true}]},\"spec\":{\"containers\":[{\"name\":\"c\",\"ports\":[{}],\"env\":[{}],\"livenessProbe\":{\"httpGet\":{}}}]}}")]
    [InlineData("{\"spec\":{\"containers\":[{\"name\":\"istio-proxy\"},{\"name\":\"istio-proxy\"}],\"initContainers\":null}}")]
    [InlineData("{\"spec\":{\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"cpu\":\"lots\"}}}]}}")]
    public void Object_OfAnyShape_IsInjectedOrRefusedWithAReason(string pod)
    {
        var answer = Answer(Review(pod));

        answer.Status.ShouldBe(200);
        if (answer.Outcome != AdmissionOutcome.Injected)
        {
            answer.Outcome.ShouldBe(AdmissionOutcome.Refused);
            ((string)JsonNode.Parse(answer.Body)!["response"]!["status"]!["message"]!).ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public void Object_NestedDeeply_IsTurnedAway()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000);

        Answer(Review(deep)).Status.ShouldBe(400);
    }

    [Fact]
    public void Object_OfThreeMegabytes_IsAnswered()
    {
        var big = Pod.Replace("\"labels\":", $"\"annotations\":{{\"note\":\"{new string('x', 3 * 1024 * 1024)}\"}},\"labels\":");
        Answer(Review(big)).Outcome.ShouldBe(AdmissionOutcome.Injected);

        var many = Pod.Replace("[{\"name\":\"c\"", "[" + string.Join(',', Enumerable.Range(0, 60_000).Select(i => $"{{\"name\":\"c{i}\"}}")) + ",{\"name\":\"c\"");
        var answer = Answer(Review(many));
        answer.Outcome.ShouldBe(AdmissionOutcome.Refused);
        answer.Reason.ShouldContain("containers are more than");

        var variables = string.Join(',', Enumerable.Range(0, 60_000).Select(i => $"{{\"name\":\"V{i}\",\"value\":\"{i}\"}}"));
        Answer(Review(Pod.Replace("\"image\":\"i\"", $"\"env\":[{variables}]"))).Outcome.ShouldBe(AdmissionOutcome.Injected);
    }

    internal static string Review(string pod) =>
        """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1","namespace":"web","operation":"CREATE","object":"""
        + pod + "}}";

    private static AdmissionAnswer Answer(string body) => InjectionAdmission.Answer(Encoding.UTF8.GetBytes(body), "/inject", Snapshot);
}
