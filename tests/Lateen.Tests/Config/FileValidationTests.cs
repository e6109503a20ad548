using Lateen.Config.Validation;
using Xunit;

namespace Lateen.Tests.Config;

/// <summary>`lateen validate`: one file by itself.</summary>
public sealed class FileValidationTests
{
    [Fact]
    public void Resource_WithUnknownField_IsAnErrorWithItsPath()
    {
        var found = Of("""
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: a}
            spec: {hosts: [a], http: [{rout: []}]}
            """);

        var error = Assert.Single(found.Errors, line => line.Contains("spec.http[0].rout:", StringComparison.Ordinal));
        Assert.StartsWith("VirtualService/default/a: ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{port: 80}", 1)]
    [InlineData("{port: 80, name: web}", 1)]
    [InlineData("{port: 80, name: http-web}", 0)]
    [InlineData("{port: 80, name: web, appProtocol: grpc}", 0)]
    [InlineData("{port: 53, protocol: UDP}", 0)]
    public void ServicePort_MustTellItsProtocol(string port, int errors) =>
        Assert.Equal(errors, Of($"{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{ports: [{port}]}}}}").Errors.Length);

    [Fact]
    public void Deployment_WithoutAppAndVersion_IsOnlyNoted()
    {
        var found = Of("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {metadata: {labels: {app: a}}}}}");

        Assert.Empty(found.Errors);
        Assert.Contains("\"version\"", Assert.Single(found.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void List_IsItsItems() => Assert.Single(Of("""
        apiVersion: v1
        kind: List
        items:
        - {apiVersion: networking.istio.io/v1beta1, kind: Gateway, metadata: {name: a}, spec: {servers: []}, extra: 1}
        - {apiVersion: example.com/v1, kind: Other, metadata: {name: b}, anything: goes}
        """).Errors, line => line.Contains("extra", StringComparison.Ordinal));

    [Fact]
    public void Text_ThatIsNoObject_IsAnError() => Assert.NotEmpty(Of("just: text").Errors);

    private static FileValidation Of(string text) => FileValidation.Of(text, "file.yaml", "istio-system");
}
