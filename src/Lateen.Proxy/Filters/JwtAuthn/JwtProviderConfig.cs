using System.Text;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Lateen.Proxy.Compile;
using Lateen.Security.Jwt;

namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>Where a token stands in a header: behind a prefix.</summary>
internal sealed record TokenHeader(byte[] Name, byte[] Prefix);

/// <summary>One issuer (envoy.extensions.filters.http.jwt_authn.v3.JwtProvider), compiled. Immutable.</summary>
internal sealed class JwtProviderConfig
{
    private const uint DefaultSkewSeconds = 60;

    public required string Issuer { get; init; }

    /// <summary>Empty: any.</summary>
    public required string[] Audiences { get; init; }

    public required JsonWebKeySet Keys { get; init; }

    public required TokenHeader[] Headers { get; init; }

    public required byte[][] Parameters { get; init; }

    public required byte[][] Cookies { get; init; }

    /// <summary>The token stays in the request.</summary>
    public bool Forwards { get; init; }

    /// <summary>Empty: the payload is not told to the upstream.</summary>
    public byte[] PayloadHeader { get; init; } = [];

    public bool PadsPayload { get; init; }

    /// <summary>The key of the payload in the filter's metadata; empty: none.</summary>
    public string PayloadInMetadata { get; init; } = "";

    public (byte[] Header, string Claim)[] ClaimHeaders { get; init; } = [];

    public long SkewSeconds { get; init; }

    public bool RequiresExpiration { get; init; }

    /// <summary>Null after a problem.</summary>
    public static JwtProviderConfig? Compile(CompileScope scope, JwtProvider provider, string path)
    {
        JsonWebKeySet? keys = Keyset(scope, provider, path);
        if (provider.Subjects is not null || provider.MaxLifetime is not null || provider.NormalizePayloadInMetadata is not null
            || provider.HeaderInMetadata.Length > 0 || provider.FailedStatusInMetadata.Length > 0)
        {
            scope.Refuse(path, "subjects, max_lifetime, normalize_payload_in_metadata, header_in_metadata and failed_status_in_metadata are not supported");
        }
        if (keys is null)
        {
            return null;
        }
        bool isDefault = provider.FromHeaders.Count == 0 && provider.FromParams.Count == 0 && provider.FromCookies.Count == 0;
        return new JwtProviderConfig
        {
            Issuer = provider.Issuer,
            Audiences = [.. provider.Audiences.Select(Trimmed)],
            Keys = keys,
            Headers = isDefault
                ? [new TokenHeader("authorization"u8.ToArray(), "Bearer "u8.ToArray())]
                : [.. provider.FromHeaders.Select(h => new TokenHeader(Encoding.ASCII.GetBytes(h.Name.ToLowerInvariant()), Encoding.ASCII.GetBytes(h.ValuePrefix)))],
            Parameters = isDefault ? ["access_token"u8.ToArray()] : [.. provider.FromParams.Select(Encoding.UTF8.GetBytes)],
            Cookies = [.. provider.FromCookies.Select(Encoding.UTF8.GetBytes)],
            Forwards = provider.Forward,
            PayloadHeader = Encoding.ASCII.GetBytes(provider.ForwardPayloadHeader.ToLowerInvariant()),
            PadsPayload = provider.PadForwardPayloadHeader,
            PayloadInMetadata = provider.PayloadInMetadata,
            ClaimHeaders = [.. provider.ClaimToHeaders.Select(c => (Encoding.ASCII.GetBytes(c.HeaderName.ToLowerInvariant()), c.ClaimName))],
            SkewSeconds = provider.ClockSkewSeconds == 0 ? DefaultSkewSeconds : provider.ClockSkewSeconds,
            RequiresExpiration = provider.RequireExpiration,
        };
    }

    /// <summary>Whether a token's audiences are ours; Envoy compares without scheme and final slash.</summary>
    public static bool Accepts(string[] wanted, JsonWebToken token) =>
        wanted.Length == 0 || token.Audiences.Any(audience => wanted.Contains(Trimmed(audience)));

    public static string Trimmed(string audience)
    {
        int scheme = audience.StartsWith("https://", StringComparison.Ordinal) ? 8 : audience.StartsWith("http://", StringComparison.Ordinal) ? 7 : 0;
        return audience.TrimEnd('/')[Math.Min(scheme, audience.TrimEnd('/').Length)..];
    }

    private static JsonWebKeySet? Keyset(CompileScope scope, JwtProvider provider, string path)
    {
        if (provider.LocalJwks is not { } local)
        {
            scope.Refuse(path + ".remote_jwks", "is not supported: the control plane hands the keys over (local_jwks)");
            return null;
        }
        string? text = local.SpecifierCase switch
        {
            Envoy.Config.Core.V3.DataSource.SpecifierOneofCase.InlineString => local.InlineString,
            Envoy.Config.Core.V3.DataSource.SpecifierOneofCase.InlineBytes => local.InlineBytes.ToStringUtf8(),
            _ => null,
        };
        if (text is null || JsonWebKeySet.Parse(text) is not { } keys)
        {
            scope.Refuse(path + ".local_jwks", "must be a JSON Web Key Set in inline_string or inline_bytes");
            return null;
        }
        return keys;
    }
}
