namespace Lateen.Model.Policies;

/// <summary>What a policy does with what it matches.</summary>
public enum AuthorizationAction
{
    Allow,
    Deny,
    Audit,
    Custom,
}

/// <summary>Istio's AuthorizationPolicy.</summary>
public sealed record AuthorizationPolicyConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public WorkloadSelector? Selector { get; init; }

    public TargetReference? TargetRef { get; init; }

    public AuthorizationAction Action { get; init; }

    /// <summary>The extension provider of action CUSTOM; empty otherwise.</summary>
    public string Provider { get; init; } = "";

    /// <summary>Any of them has to match; empty never matches.</summary>
    public EquatableArray<AuthorizationRule> Rules { get; init; }
}

/// <summary>One rule: all given parts have to match; an empty part matches everything.</summary>
public sealed record AuthorizationRule
{
    public EquatableArray<AuthorizationSource> From { get; init; }

    public EquatableArray<AuthorizationOperation> To { get; init; }

    public EquatableArray<AuthorizationCondition> When { get; init; }
}

/// <summary>Who calls.</summary>
public sealed record AuthorizationSource
{
    public EquatableArray<string> Principals { get; init; }

    public EquatableArray<string> NotPrincipals { get; init; }

    public EquatableArray<string> RequestPrincipals { get; init; }

    public EquatableArray<string> NotRequestPrincipals { get; init; }

    public EquatableArray<string> Namespaces { get; init; }

    public EquatableArray<string> NotNamespaces { get; init; }

    public EquatableArray<string> IpBlocks { get; init; }

    public EquatableArray<string> NotIpBlocks { get; init; }

    public EquatableArray<string> RemoteIpBlocks { get; init; }

    public EquatableArray<string> NotRemoteIpBlocks { get; init; }
}

/// <summary>What is called.</summary>
public sealed record AuthorizationOperation
{
    public EquatableArray<string> Hosts { get; init; }

    public EquatableArray<string> NotHosts { get; init; }

    public EquatableArray<string> Ports { get; init; }

    public EquatableArray<string> NotPorts { get; init; }

    public EquatableArray<string> Methods { get; init; }

    public EquatableArray<string> NotMethods { get; init; }

    public EquatableArray<string> Paths { get; init; }

    public EquatableArray<string> NotPaths { get; init; }
}

/// <summary>A condition on an attribute, for instance `request.headers[x]`.</summary>
public sealed record AuthorizationCondition(string Key, EquatableArray<string> Values, EquatableArray<string> NotValues);
