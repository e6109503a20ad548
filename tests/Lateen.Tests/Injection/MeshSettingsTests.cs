using System.Text.Json.Nodes;
using Lateen.Injection.Config;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection;

public sealed class MeshSettingsTests
{
    private static readonly MeshSettings Mesh = MeshSettings.Parse(
        """
        defaultConfig:
          proxyMetadata: {A: a}
          proxyHeaders: {requestId: {disabled: true}}
        """);

    [Theory]
    [InlineData("proxyHeaders: {server: {disabled: true}}", """{"requestId":{"disabled":true},"server":{"disabled":true}}""")]
    [InlineData("proxyHeaders: {requestId: {disabled: false}}", """{"requestId":{"disabled":false}}""")]
    [InlineData("proxyHeaders:", """{"requestId":{"disabled":true}}""")]
    public void ForPod_WithHeadersOfItsOwn_JoinsThemByField(string annotation, string expected) =>
        JsonNode.DeepEquals(Mesh.ForPod([], annotation)["proxyHeaders"], JsonNode.Parse(expected)).ShouldBeTrue();

    [Fact]
    public void ForPod_WithAFieldThatIsNull_KeepsTheMeshs() =>
        ((string?)Mesh.ForPod([], "proxyMetadata:")["proxyMetadata"]!["A"]).ShouldBe("a");
}
