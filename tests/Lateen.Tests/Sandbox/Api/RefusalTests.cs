using System.Net;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

/// <summary>What a real kube-apiserver (1.20) refuses is refused here, in its words.</summary>
public sealed class RefusalTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    private const string Ingresses = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";

    [Theory]
    [InlineData(
        "/api/v1/namespaces/default/services", """{"metadata":{"name":"r1"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":80}]}}""",
        "Service \"r1\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767")]
    [InlineData(
        Ingresses, """{"metadata":{"name":"r2"},"spec":{"rules":[{"http":{"paths":[{"path":"/","backend":{"service":{"name":"a","port":{"number":80}}}}]}}]}}""",
        "Ingress.networking.k8s.io \"r2\" is invalid: spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified")]
    [InlineData(
        Ingresses, """{"metadata":{"name":"r3"},"spec":{}}""",
        "Ingress.networking.k8s.io \"r3\" is invalid: spec: Invalid value: null: either `defaultBackend` or `rules` must be specified")]
    [InlineData(
        "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"r4"},"data":{"bad key":"x"}}""",
        "ConfigMap \"r4\" is invalid: data[bad key]: Invalid value: \"bad key\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
        + "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')")]
    [InlineData(
        "/api/v1/namespaces/default/secrets", """{"metadata":{"name":"r5"},"data":{"a":"ab!="}}""",
        "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 2")]
    [InlineData(
        "/api/v1/namespaces/default/pods", """{"metadata":{"name":"r6"},"spec":{"containers":[{"name":"a","image":"x","resources":{"limits":{"cpu":"abc"}}}]}}""",
        "Pod in version \"v1\" cannot be handled as a Pod: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    [InlineData(
        "/api/v1/namespaces/default/pods", """{"metadata":{"name":"r7"},"spec":{"containers":[{"name":"a","image":"x","env":[{"name":"1 a","value":"b"}]}]}}""",
        "Pod \"r7\" is invalid: spec.containers[0].env[0].name: Invalid value: \"1 a\": a valid environment variable name must consist of alphabetic characters, digits, "
        + "'_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is "
        + "'[-._a-zA-Z][-._a-zA-Z0-9]*')")]
    public async Task Create_WhatARealServerRefuses_IsRefusedInItsWords(string path, string body, string message)
    {
        var answer = await api.SendAsync("POST", path, body);
        answer.At("message").ShouldBe(message);
        answer.Status.ShouldBeOneOf(HttpStatusCode.UnprocessableEntity, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task NodePort_OfAnotherService_IsRefusedAndTheOwnOneStays()
    {
        const string path = "/api/v1/namespaces/default/services";
        (await api.SendAsync("POST", path, Service("first"))).Status.ShouldBe(HttpStatusCode.Created);
        (await api.SendAsync("POST", path, Service("second"))).At("message").ShouldBe(
            "Service \"second\" is invalid: spec.ports[0].nodePort: Invalid value: 31789: provided port is already allocated");
        (await api.SendAsync("PUT", $"{path}/first", Service("first"))).Status.ShouldBe(HttpStatusCode.OK);

        static string Service(string name) => $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":31789}]}}""";
    }

    [Theory]
    [InlineData("default")]
    [InlineData("kube-system")]
    [InlineData("kube-public")]
    public async Task Delete_NamespaceOfTheCluster_IsForbidden(string name)
    {
        var answer = await api.SendAsync("DELETE", $"/api/v1/namespaces/{name}");
        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.At("message").ShouldBe($"namespaces \"{name}\" is forbidden: this namespace may not be deleted");
    }

    [Theory]
    [InlineData("configmaps", "data.a", "\"data.a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    [InlineData("pods", "spec.hostname", "field label not supported: spec.hostname")]
    public async Task List_ByAFieldThatIsNoSelector_IsRefused(string plural, string field, string message)
    {
        var answer = await api.SendAsync("GET", $"/api/v1/namespaces/default/{plural}?fieldSelector={field}%3Dx");
        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.At("message").ShouldBe(message);
    }
}
