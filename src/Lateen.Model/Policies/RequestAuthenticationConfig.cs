namespace Lateen.Model.Policies;

/// <summary>Istio's RequestAuthentication.</summary>
public sealed record RequestAuthenticationConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? Selector { get; init; }

    public TargetReference? TargetRef { get; init; }

    public EquatableArray<JwtRule> JwtRules { get; init; }
}

/// <summary>Tokens of one issuer.</summary>
public sealed record JwtRule
{
    public string Issuer { get; init; } = "";

    public EquatableArray<string> Audiences { get; init; }

    public string JwksUri { get; init; } = "";

    /// <summary>The keys themselves (JSON Web Key Set).</summary>
    public string Jwks { get; init; } = "";

    public EquatableArray<JwtHeader> FromHeaders { get; init; }

    public EquatableArray<string> FromParams { get; init; }

    public EquatableArray<string> FromCookies { get; init; }

    public string OutputPayloadToHeader { get; init; } = "";

    public bool ForwardOriginalToken { get; init; }

    public EquatableArray<ClaimToHeader> OutputClaimToHeaders { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <summary>What the keys are found by: their address, else the issuer, whose OpenID configuration names it.</summary>
    public string KeySource => JwksUri.Length > 0 ? JwksUri : Issuer;
}

/// <summary>A header that holds a token after a prefix.</summary>
public sealed record JwtHeader(string Name, string Prefix = "");

/// <summary>A claim that is copied to a header.</summary>
public sealed record ClaimToHeader(string Header, string Claim);
