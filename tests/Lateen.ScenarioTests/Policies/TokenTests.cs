using System.Text.Json.Nodes;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Policies;

/// <summary>Tokens of end users, checked by the server's sidecar.</summary>
[Collection<PolicyMesh>]
public sealed class TokenTests(PolicyMesh mesh) : IDisposable
{
    private const string Issuer = "issuer@shop.example";

    private const string OnlyAdmins =
        """
        apiVersion: security.istio.io/v1beta1
        kind: AuthorizationPolicy
        metadata: {name: only-admins}
        spec:
          selector: {matchLabels: {app: echo}}
          action: ALLOW
          rules:
          - from: [{source: {requestPrincipals: ["issuer@shop.example/*"]}}]
            when: [{key: "request.auth.claims[groups]", values: [admins]}]
        """;

    private readonly TokenIssuer _issuer = new();

    public void Dispose() => _issuer.Dispose();

    [Fact]
    public async Task RequestAuthentication_WithAPolicy_LetsInWhoShowsAGoodTokenOfTheGroup()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.WithAsync(Authentication(), async () =>
        {
            // A bad token is refused; none at all is let through, as long as no policy asks for one.
            string forged = Token("admins")[..^8] + "AAAAAAAA";
            await Eventually.BecomesAsync(() => AskAsync(forged), a => a == "Jwt verification fails\n401", "a forged token that is refused");
            (await AskAsync(null)).ShouldEndWith("\n200");
            (await AskAsync(Token("guests"))).ShouldEndWith("\n200");
            (await AskAsync(Token("admins", expired: true))).ShouldBe("Jwt is expired\n401");
            (await AskAsync(Token("admins", issuer: "somebody"))).ShouldBe("Jwt issuer is not configured\n401");

            await mesh.WithAsync(OnlyAdmins, async () =>
            {
                await Eventually.BecomesAsync(() => AskAsync(null), a => a == "RBAC: access denied\n403", "a request without a token that is denied");
                (await AskAsync(Token("guests"))).ShouldBe("RBAC: access denied\n403");
                (await AskAsync(Token("guests", "admins"))).ShouldEndWith("\n200");
            });
        });
        await Eventually.BecomesAsync(() => AskAsync("garbage"), a => a.EndsWith("\n200", StringComparison.Ordinal), "tokens not being looked at");
    }

    [Fact]
    public async Task Claims_ThatAreToBeToldInHeaders_ReachTheApplication()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.WithAsync(Authentication("outputClaimToHeaders: [{header: x-user, claim: sub}]", "forwardOriginalToken: true"), async () =>
        {
            string answer = await Eventually.BecomesAsync(
                () => AskAsync(Token("guests")), a => a.Contains("x-user: user-1", StringComparison.OrdinalIgnoreCase), "the claim as a header");
            answer.ShouldContain("authorization: Bearer ", Case.Insensitive);
        });
    }

    private Task<string> AskAsync(string? token) => mesh.AskAsync(mesh.Alice, token is null ? "" : $"-H 'Authorization: Bearer {token}'");

    private string Authentication(params string[] more) =>
        $$"""
        apiVersion: security.istio.io/v1beta1
        kind: RequestAuthentication
        metadata: {name: tokens}
        spec:
          selector: {matchLabels: {app: echo} }
          jwtRules:
          - issuer: {{Issuer}}
            jwks: '{{_issuer.KeySet()}}'
        {{string.Concat(more.Select(line => $"    {line}\n"))}}
        """;

    private string Token(string group, string? second = null, bool expired = false, string issuer = Issuer) => _issuer.Sign(new JsonObject
    {
        ["iss"] = issuer,
        ["sub"] = "user-1",
        ["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + (expired ? -3600 : 3600),
        ["groups"] = second is null ? new JsonArray(group) : new JsonArray(group, second),
    });
}
