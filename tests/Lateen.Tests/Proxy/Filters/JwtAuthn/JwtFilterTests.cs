using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Envoy.Config.Rbac.V3;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Istio.Envoy.Config.Filter.Http.Authn.V2alpha1;
using Shouldly;
using Xunit;
using static System.Buffers.Text.Base64Url;
using HttpRbac = Envoy.Extensions.Filters.Http.Rbac.V3.RBAC;

namespace Lateen.Tests.Proxy.Filters.JwtAuthn;

/// <summary>Tokens over loopback: verified, told to the upstream, compared by access rules.</summary>
public sealed class JwtFilterTests : IDisposable
{
    private const string Issuer = "https://issuer.example";
    private readonly RSA _key = RSA.Create(2048);

    [Fact]
    public async Task GoodToken_IsTakenOutAndItsClaimsAreTold()
    {
        (string answer, string seen) = await Send(Token(("sub", "alice"), ("team", "blue")));

        answer.ShouldStartWith("HTTP/1.1 200");
        seen.ShouldContain("x-team: blue\r\n");
        seen.ShouldNotContain("authorization", Case.Insensitive);
    }

    [Fact]
    public async Task Request_WithoutToken_Passes()
    {
        (await Send(null)).Answer.ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Token_OfAnotherKey_IsRefusedWithAChallenge()
    {
        using RSA other = RSA.Create(2048);
        string answer = (await Send(Sign(other, Claims(("sub", "alice"))))).Answer;

        answer.ShouldStartWith("HTTP/1.1 401 Unauthorized\r\n");
        answer.ShouldContain("www-authenticate: Bearer realm=\"http://web/a\", error=\"invalid_token\"\r\n");
        answer.ShouldEndWith("Jwt verification fails");
    }

    [Fact]
    public async Task Token_ThatIsExpired_IsRefused()
    {
        (await Send(Token(("sub", "alice"), ("exp", 1000)))).Answer.ShouldEndWith("Jwt is expired");
    }

    [Fact]
    public async Task Token_OfAnotherIssuer_IsRefused()
    {
        (await Send(Token(("iss", "somebody"), ("sub", "alice")))).Answer.ShouldEndWith("Jwt issuer is not configured");
    }

    [Fact]
    public async Task Token_ForAnotherAudience_IsForbidden()
    {
        string answer = (await Send(Token(("sub", "alice"), ("aud", "other")), provider => provider.Audiences.Add("us"))).Answer;

        answer.ShouldStartWith("HTTP/1.1 403");
        answer.ShouldEndWith("Audiences in Jwt are not allowed");
    }

    [Fact]
    public async Task Token_InTheQuery_Counts()
    {
        (await Send(null, path: "/a?access_token=" + Token(("sub", "alice"), ("team", "red")))).Seen.ShouldContain("x-team: red\r\n");
    }

    [Fact]
    public async Task Text_ThatIsNoToken_IsRefused()
    {
        (await Send("nonsense")).Answer.ShouldEndWith("Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections");
    }

    [Theory]
    [InlineData("alice", "200")]
    [InlineData("bob", "403")]
    public async Task AccessRule_OfARequestPrincipal_ComparesTheVerifiedToken(string subject, string status)
    {
        HttpRbac rbac = new()
        {
            Rules = new RBAC
            {
                Policies =
                {
                    ["p"] = new Policy
                    {
                        Permissions = { new Permission { Any = true } },
                        Principals =
                        {
                            new Principal
                            {
                                Metadata = new()
                                {
                                    Filter = "istio_authn",
                                    Path = { new Envoy.Type.Matcher.V3.MetadataMatcher.Types.PathSegment { Key = "request.auth.principal" } },
                                    Value = new() { StringMatch = new() { Exact = Issuer + "/alice" } },
                                },
                            },
                        },
                    },
                },
            },
        };
        FilterConfig authn = new() { Policy = new() { Origins = { new Istio.Authentication.V1alpha1.OriginAuthenticationMethod { Jwt = new() { Issuer = Issuer } } } } };

        (await Send(Token(("sub", subject)), behind: [("istio_authn", authn), ("envoy.filters.http.rbac", rbac)])).Answer.ShouldStartWith("HTTP/1.1 " + status);
    }

    public void Dispose() => _key.Dispose();

    private async Task<(string Answer, string Seen)> Send(
        string? token, Action<JwtProvider>? change = null, string path = "/a", params (string Name, IMessage Config)[] behind)
    {
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("ok");
        });
        JwtProvider provider = new()
        {
            Issuer = Issuer,
            PayloadInMetadata = Issuer,
            LocalJwks = new() { InlineString = Keys() },
            ClaimToHeaders = { new JwtClaimToHeader { HeaderName = "x-team", ClaimName = "team" } },
        };
        change?.Invoke(provider);
        JwtRequirement any = new()
        {
            RequiresAny = new() { Requirements = { new JwtRequirement { ProviderName = "p" }, new JwtRequirement { AllowMissing = new Empty() } } },
        };
        JwtAuthentication filter = new()
        {
            Providers = { ["p"] = provider },
            Rules = { new RequirementRule { Match = new() { Prefix = "/" }, Requires = any } },
        };
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m =>
        {
            m.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.jwt_authn", TypedConfig = ProxyBed.Pack(filter) });
            m.HttpFilters.AddRange(behind.Select(f => new HttpFilter { Name = f.Name, TypedConfig = ProxyBed.Pack(f.Config) }));
        });
        string head = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        string answer = await ProxyBed.Exchange(
            bed.At(), $"GET {path} HTTP/1.1\r\nHost: web\r\n{head}Connection: close\r\n\r\n", _ => false);
        return (answer, seen);
    }

    private string Keys()
    {
        RSAParameters key = _key.ExportParameters(false);
        return $$"""{"keys":[{"kty":"RSA","alg":"RS256","n":"{{EncodeToString(key.Modulus)}}","e":"{{EncodeToString(key.Exponent)}}"}]}""";
    }

    private string Token(params (string Name, object Value)[] claims) => Sign(_key, Claims(claims));

    private static Dictionary<string, object> Claims(params (string Name, object Value)[] claims)
    {
        Dictionary<string, object> all = new() { ["iss"] = Issuer };
        foreach ((string name, object value) in claims)
        {
            all[name] = value;
        }
        return all;
    }

    private static string Sign(RSA key, Dictionary<string, object> claims)
    {
        string text = EncodeToString("""{"alg":"RS256"}"""u8) + "." + EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims));
        return text + "." + EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }
}
