using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Lateen.Model;
using Lateen.Model.Policies;
using Lateen.Translation;
using Lateen.Translation.Policies.Authentication;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Policies;

public sealed class AuthenticationFiltersTests
{
    private const string Uri = "https://keys.example.com/jwks";

    [Fact]
    public void Rule_OfFetchedKeys_HandsThemToTheProxy()
    {
        var keys = Labels((Uri, "{\"keys\":[]}"));

        Provider(new() { KeySets = keys }).LocalJwks.InlineString.ShouldBe("{\"keys\":[]}");
    }

    [Fact]
    public void Rule_OfKeysThatAreNotToBeHad_GetsKeysThatVerifyNothing()
    {
        Provider(new()).LocalJwks.InlineString.ShouldBe(
            "{\"keys\":[ {\"e\":\"AQAB\",\"kid\":\"abc\",\"kty\":\"RSA\",\"n\":\"aHR0cHM6Ly9rZXlzLmV4YW1wbGUuY29tL2p3a3M\"}]}");
    }

    [Fact]
    public void Requirement_OfTwoIssuers_TakesATokenOfEitherOrNone()
    {
        var filter = Build(new(), new JwtRule { Issuer = "b", Jwks = "{}" }, new JwtRule { Issuer = "a", Jwks = "{}" });

        filter.Providers["origins-0"].Issuer.ShouldBe("a");
        filter.Rules.Single().Requires.RequiresAny.Requirements.Select(r => r.ProviderName).ShouldBe(["origins-0", "origins-1", ""]);
    }

    [Fact]
    public void Filters_WithoutRules_AreNone()
    {
        AuthenticationFilters.Build(Context(new())).ShouldBeEmpty();
    }

    private static JwtProvider Provider(MeshInputs inputs) => Build(inputs, new JwtRule { Issuer = "a", JwksUri = Uri }).Providers.Single().Value;

    private static JwtAuthentication Build(MeshInputs inputs, params JwtRule[] rules) =>
        AuthenticationFilters.Build(Context(inputs, rules)).First().TypedConfig.Unpack<JwtAuthentication>();

    private static ProxyContext Context(MeshInputs inputs, params JwtRule[] rules) => new(
        MeshSnapshot.Build(inputs with
        {
            Configs =
            [
                new RequestAuthenticationConfig { Meta = Meta("RequestAuthentication", "jwt"), JwtRules = rules.ToEquatableArray() },
            ],
        }),
        Sidecar());
}
