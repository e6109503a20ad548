using System.Text;
using Google.Protobuf.WellKnownTypes;
using Lateen.Net.Http1;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Http;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;
using Lateen.Security.Jwt;

namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>Verifies tokens and tells what they say: to the upstream in headers, to the filters behind in metadata (envoy.filters.http.jwt_authn).</summary>
/// <remarks>A token that was seen before on the thread is looked up, which allocates nothing; a new one is parsed and verified on the spot.</remarks>
internal sealed class JwtFilter : HttpFilterFactory
{
    public const string MetadataKey = "envoy.filters.http.jwt_authn";

    private readonly JwtConfig _config;
    private readonly Dictionary<JwtProviderConfig, TokenCache>[] _caches;

    public JwtFilter(CompileScope scope, JwtConfig config)
    {
        _config = config;
        _caches = new Dictionary<JwtProviderConfig, TokenCache>[scope.Host.Workers];
        for (int i = 0; i < _caches.Length; i++)
        {
            _caches[i] = config.Providers.ToDictionary(provider => provider, _ => new TokenCache());
        }
    }

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        if (_config.PassesPreflight && IsPreflight(exchange.Request))
        {
            exchange.Count(HttpStat.JwtAuthnCorsPreflightBypassed);
            return FilterVerdict.Continue;
        }
        if (RequirementFor(exchange) is not { } requirement)
        {
            exchange.Count(HttpStat.JwtAuthnAllowed);
            return FilterVerdict.Continue;
        }
        JwtStatus status = Check(exchange, requirement);
        if (status == JwtStatus.Ok)
        {
            exchange.Count(HttpStat.JwtAuthnAllowed);
            return FilterVerdict.Continue;
        }
        exchange.Count(HttpStat.JwtAuthnDenied);
        JwtReply reply = JwtReply.Of(status);
        exchange.ReplyWithChallenge(reply.Code, reply.Body, reply.Details, status == JwtStatus.Missing ? "" : ", error=\"invalid_token\"");
        return FilterVerdict.Answered;
    }

    private JwtRequirement? RequirementFor(HttpExchange exchange)
    {
        if (exchange.Route is { } route && route.FilterConfigs.TryGetValue(Name, out object? own))
        {
            JwtRoute choice = (JwtRoute)own;
            return choice.IsFree ? null : _config.Named.GetValueOrDefault(choice.Requirement);
        }
        RouteQuery query = exchange.Query();
        foreach (JwtRule rule in _config.Rules)
        {
            if (rule.Match.Matches(query, exchange.Worker.Random))
            {
                return rule.Requirement;
            }
        }
        return null;
    }

    private JwtStatus Check(HttpExchange exchange, JwtRequirement requirement)
    {
        switch (requirement)
        {
            case JwtRequirement.Provider provider:
                return Tokens(exchange, provider.Config, provider.Audiences);
            case JwtRequirement.All all:
                foreach (JwtRequirement part in all.Parts)
                {
                    if (Check(exchange, part) is var failed and not JwtStatus.Ok)
                    {
                        return failed;
                    }
                }
                return JwtStatus.Ok;
            case JwtRequirement.Any any:
                return CheckAny(exchange, any);
            case JwtRequirement.OrMissing:
                return CheckWhatIsThere(exchange);
            default:
                CheckWhatIsThere(exchange);
                return JwtStatus.Ok;
        }
    }

    // Of several failures the one that says most is told: that a token is bad, rather than that one is missing or of another issuer.
    private JwtStatus CheckAny(HttpExchange exchange, JwtRequirement.Any any)
    {
        JwtStatus result = JwtStatus.Missing;
        foreach (JwtRequirement part in any.Parts)
        {
            JwtStatus status = Check(exchange, part);
            if (status == JwtStatus.Ok)
            {
                return status;
            }
            if (result is JwtStatus.Missing or JwtStatus.UnknownIssuer)
            {
                result = status == JwtStatus.Missing ? result : status;
            }
        }
        return result;
    }

    // Every token in the request has to be good, by whichever provider it is of.
    private JwtStatus CheckWhatIsThere(HttpExchange exchange)
    {
        JwtStatus result = JwtStatus.Ok;
        foreach (JwtProviderConfig provider in _config.Providers)
        {
            JwtStatus status = Tokens(exchange, provider, provider.Audiences);
            if (status is not (JwtStatus.Ok or JwtStatus.UnknownIssuer or JwtStatus.Missing))
            {
                return status;
            }
            if (status == JwtStatus.Ok)
            {
                return status;
            }
            result = status == JwtStatus.UnknownIssuer ? status : result;
        }
        return result;
    }

    // Missing where no token is there; with several tokens all have to be good, or one could hide behind another.
    private JwtStatus Tokens(HttpExchange exchange, JwtProviderConfig provider, string[] audiences)
    {
        JwtStatus result = JwtStatus.Missing;
        for (int i = 0; TokenLocations.TryGet(provider, exchange.Query(), i, out ReadOnlySpan<byte> text, out int header); i++)
        {
            if (text.IsEmpty)
            {
                continue;
            }
            result = Verify(exchange, provider, audiences, text, out VerifiedToken? verified);
            if (result != JwtStatus.Ok)
            {
                return result;
            }
            Use(exchange, provider, verified!, header);
        }
        return result;
    }

    private JwtStatus Verify(HttpExchange exchange, JwtProviderConfig provider, string[] audiences, ReadOnlySpan<byte> text, out VerifiedToken? verified)
    {
        TokenCache cache = _caches[exchange.Worker.Index][provider];
        verified = cache.Find(text);
        JsonWebToken? token = verified?.Token ?? JsonWebToken.Parse(Encoding.ASCII.GetString(text));
        if (token is null)
        {
            return JwtStatus.BadFormat;
        }
        if (provider.Issuer.Length > 0 && token.Issuer != provider.Issuer)
        {
            return JwtStatus.UnknownIssuer;
        }
        long now = exchange.Worker.Loop.WallNow / 1000;
        if (token.NotBefore is { } from && now + provider.SkewSeconds < from)
        {
            return JwtStatus.NotYetValid;
        }
        if (token.Expires is { } until ? now > until + provider.SkewSeconds : provider.RequiresExpiration)
        {
            return JwtStatus.Expired;
        }
        if (!JwtProviderConfig.Accepts(audiences, token))
        {
            return JwtStatus.AudienceNotAllowed;
        }
        if (verified is not null)
        {
            return JwtStatus.Ok;
        }
        JwtSignature signature = provider.Keys.Verify(token);
        if (signature != JwtSignature.Valid)
        {
            return signature == JwtSignature.NoKey ? JwtStatus.NoKey : JwtStatus.VerificationFails;
        }
        verified = VerifiedToken.Of(token, provider);
        if (verified is null)
        {
            return JwtStatus.BadFormat;
        }
        cache.Keep(text, verified);
        return JwtStatus.Ok;
    }

    private static void Use(HttpExchange exchange, JwtProviderConfig provider, VerifiedToken verified, int header)
    {
        // The span of the token ends here: the head is edited.
        if (!provider.Forwards && header >= 0)
        {
            exchange.Request.Remove(provider.Headers[header].Name);
        }
        if (verified.Payload.Length > 0)
        {
            exchange.Request.Set(provider.PayloadHeader, verified.Payload);
        }
        foreach ((byte[] name, byte[] value) in verified.ClaimHeaders)
        {
            exchange.Request.Set(name, value);
        }
        if (verified.Metadata is { } metadata)
        {
            var all = exchange.WriteMetadata();
            all[MetadataKey] = all[MetadataKey] is { } before ? Joined(before, metadata) : metadata;
        }
    }

    private static Struct Joined(Struct before, Struct more)
    {
        Struct result = new();
        result.Fields.Add(before.Fields);
        foreach ((string key, Value value) in more.Fields)
        {
            result.Fields[key] = value;
        }
        return result;
    }

    private static bool IsPreflight(MessageHead head) => head.Method.SequenceEqual("OPTIONS"u8)
        && !head.Get(HttpField.Origin).IsEmpty && !head.Get(HttpField.AccessControlRequestMethod).IsEmpty;
}

/// <summary>A route's own choice (PerRouteConfig): free, or a requirement by name.</summary>
internal sealed record JwtRoute(bool IsFree, string Requirement);
