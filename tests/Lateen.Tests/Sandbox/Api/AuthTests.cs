using System.Net;
using System.Text;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Api;

public sealed class AuthTests(ApiServerFixture api) : IClassFixture<ApiServerFixture>
{
    [Theory]
    [InlineData("/healthz", HttpStatusCode.OK)]
    [InlineData("/readyz", HttpStatusCode.OK)]
    [InlineData("/livez", HttpStatusCode.OK)]
    [InlineData("/version", HttpStatusCode.OK)]
    [InlineData("/api", HttpStatusCode.Unauthorized)]
    [InlineData("/api/v1/secrets", HttpStatusCode.Unauthorized)]
    [InlineData("/openapi/v2", HttpStatusCode.Unauthorized)]
    public async Task Anonymous_MayOnlyAskForHealthAndVersion(string path, HttpStatusCode expected)
    {
        using var client = api.NewClient(null);
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task WrongToken_IsUnauthorized()
    {
        using var client = api.NewClient("nonsense");
        using var response = await client.GetAsync(new Uri("/api", UriKind.Relative), TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task ServiceAccountToken_ForTheServer_Enters()
    {
        var ns = await api.NamespaceAsync();
        var answer = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/serviceaccounts/default/token", """{"spec":{}}""");
        answer.Status.ShouldBe(HttpStatusCode.Created);
        using var client = api.NewClient(answer.At("status", "token"));
        using var response = await client.PostAsync(
            new Uri("/apis/authentication.k8s.io/v1/selfsubjectreviews", UriKind.Relative),
            new StringContent("{}", Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain($"system:serviceaccount:{ns}:default");
    }

    [Fact]
    public async Task ServiceAccountToken_ForAnotherAudience_IsReviewedForThatOneOnly()
    {
        var ns = await api.NamespaceAsync();
        var issued = await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/serviceaccounts/default/token", """{"spec":{"audiences":["istio-ca"],"expirationSeconds":600}}""");
        var token = issued.At("status", "token");
        using var client = api.NewClient(token);
        using var refused = await client.GetAsync(new Uri("/api", UriKind.Relative), TestContext.Current.CancellationToken);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var good = await api.SendAsync("POST", "/apis/authentication.k8s.io/v1/tokenreviews", $$$$$"""{"spec":{"token":"{{{{{token}}}}}","audiences":["istio-ca"]}}""");
        good.At("status", "authenticated").ShouldBe("true");
        good.At("status", "user", "username").ShouldBe($"system:serviceaccount:{ns}:default");
        good.At("status", "audiences", 0).ShouldBe("istio-ca");
        var bad = await api.SendAsync("POST", "/apis/authentication.k8s.io/v1/tokenreviews", $$$$$"""{"spec":{"token":"{{{{{token}}}}}","audiences":["other"]}}""");
        bad.At("status", "authenticated").ShouldBeNull();
    }

    [Fact]
    public async Task ServiceAccountToken_BoundToAPod_DiesWithIt()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync("POST", $"/api/v1/namespaces/{ns}/pods", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"x"}]}}""");
        var issued = await api.SendAsync(
            "POST", $"/api/v1/namespaces/{ns}/serviceaccounts/default/token", """{"spec":{"boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"p"}}}""");
        using var client = api.NewClient(issued.At("status", "token"));
        using var before = await client.GetAsync(new Uri("/api", UriKind.Relative), TestContext.Current.CancellationToken);
        before.StatusCode.ShouldBe(HttpStatusCode.OK);
        await api.SendAsync("DELETE", $"/api/v1/namespaces/{ns}/pods/p");
        using var after = await client.GetAsync(new Uri("/api", UriKind.Relative), TestContext.Current.CancellationToken);
        after.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Token_ShorterThanTenMinutes_IsInvalid()
    {
        var answer = await api.SendAsync("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", """{"spec":{"expirationSeconds":10}}""");
        answer.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        answer.At("details", "causes", 0, "field").ShouldBe("spec.expirationSeconds");
    }

    [Fact]
    public async Task AccessReview_IsAllowed() =>
        (await api.SendAsync("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", """{"spec":{"resourceAttributes":{"verb":"get","resource":"pods"}}}"""))
            .At("status", "allowed").ShouldBe("true");

    [Fact]
    public async Task Keys_ArePublished()
    {
        var keys = await api.SendAsync("GET", "/openid/v1/jwks");
        keys.At("keys", 0, "alg").ShouldBe("ES256");
        (await api.SendAsync("GET", "/.well-known/openid-configuration")).At("issuer").ShouldBe("https://kubernetes.default.svc.cluster.local");
    }
}
