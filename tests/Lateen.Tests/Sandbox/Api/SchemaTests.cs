using System.Net;
using System.Text;
using Google.Protobuf;
using Lateen.Sandbox.Api;
using Lateen.Sandbox.Api.Schema;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class SchemaTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    [Theory]
    [InlineData("Strict", HttpStatusCode.BadRequest)]
    [InlineData("Warn", HttpStatusCode.Created)]
    public async Task BuiltIn_UnknownField_IsFoundByPath(string validation, HttpStatusCode expected)
    {
        var ns = await api.NamespaceAsync();
        var answer = await api.SendAsync(
            "POST", $"/api/v1/namespaces/{ns}/pods?fieldValidation={validation}",
            """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"x","prots":[]}],"volumes":[{"name":"v","emptyDir":{}}]}}""");
        answer.Status.ShouldBe(expected);
        if (expected == HttpStatusCode.BadRequest)
        {
            answer.At("message").ShouldBe("Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.containers[0].prots\"");
        }
        else
        {
            answer.Warnings.ShouldHaveSingleItem().ShouldContain("unknown field \\\"spec.containers[0].prots\\\"");
        }
    }

    [Fact]
    public async Task BuiltIn_WrongType_IsRefusedWithFieldAndType()
    {
        var ns = await api.NamespaceAsync();
        var answer = await api.SendAsync("POST", $"/apis/apps/v1/namespaces/{ns}/deployments", """{"metadata":{"name":"d"},"spec":{"replicas":"two"}}""");
        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.At("message")!.ShouldEndWith("json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32");
    }

    [Theory]
    [InlineData("", "v1", "Pod")]
    [InlineData("apps", "v1", "Deployment")]
    [InlineData("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration")]
    [InlineData("discovery.k8s.io", "v1", "EndpointSlice")]
    [InlineData("policy", "v1", "PodDisruptionBudget")]
    [InlineData("rbac.authorization.k8s.io", "v1", "ClusterRole")]
    public void Table_HasTheKind(string group, string version, string kind) => FieldTable.BuiltIn.MessageOf(group, version, kind).ShouldNotBeNull();

    [Fact]
    public void Table_InlinedFields_StandInTheParent() =>
        FieldTable.BuiltIn.JsonFields("core.v1.Volume")!.Keys.ShouldBeSubsetOf(["name", .. FieldTable.BuiltIn.JsonFields("core.v1.VolumeSource")!.Keys]);

    [Fact]
    public void Protobuf_Namespace_IsRead()
    {
        // Namespace { metadata = 1 { name = 1 "a", labels = 11 { "k": "v" }, creationTimestamp = 8 {} }, status = 3 {} }
        var label = Message((1, Text("k")), (2, Text("v")));
        var metadata = Message((1, Text("a")), (2, Text("")), (8, []), (11, label));
        var obj = ProtobufBody.Parse(Envelope("v1", "Namespace", Message((1, metadata), (2, []), (3, []))));
        obj.ToJsonString().ShouldBe("""{"metadata":{"name":"a","labels":{"k":"v"}},"spec":{},"status":{},"apiVersion":"v1","kind":"Namespace"}""");
    }

    [Fact]
    public async Task Protobuf_Body_CreatesTheObject()
    {
        var name = "p" + Guid.NewGuid().ToString("N")[..8];
        using var content = new ByteArrayContent(Envelope("v1", "Namespace", Message((1, Message((1, Text(name)))))));
        content.Headers.TryAddWithoutValidation("Content-Type", "application/vnd.kubernetes.protobuf");
        using var response = await api.Client.PostAsync(new Uri("/api/v1/namespaces", UriKind.Relative), content, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("6b387300ff")]
    [InlineData("00")]
    [InlineData("6b3873000a")]
    public void Protobuf_Garbage_IsRefused(string hex) =>
        Should.Throw<ApiException>(() => ProtobufBody.Parse(Convert.FromHexString(hex))).Code.ShouldBeOneOf(400, 415);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Envelope(string apiVersion, string kind, byte[] raw) =>
        [.. "k8s\0"u8, .. Message((1, Message((1, Text(apiVersion)), (2, Text(kind)))), (2, raw))];

    private static byte[] Message(params (int Number, byte[] Bytes)[] fields)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            foreach (var (number, bytes) in fields)
            {
                output.WriteTag(number, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(bytes));
            }
        }

        return buffer.ToArray();
    }
}
