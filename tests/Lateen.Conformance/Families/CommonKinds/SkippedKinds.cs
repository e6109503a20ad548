namespace Lateen.Conformance.Families.CommonKinds;

/// <summary>Kinds that test one function inside the reference which this design does not have, and why.</summary>
internal static class SkippedKinds
{
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["labels-string"] = "labels are compared, never written as one text",
        ["xfcc"] = "the control plane believes the certificate of the connection, not a header of a proxy before it",
        ["trusted-address"] = "the control plane believes the certificate of the connection, not a header of a proxy before it",
        ["audience"] = "one audience is asked for, istio-ca, and the API server answers whether the token is for it",
        ["node-authorizer"] = "nobody may ask for another's certificate: there are no node proxies in sidecar mode",
        ["dual-use-cn"] = "certificates name identities in their alternative names alone",
        ["concat-certs"] = "the chain is put together where the authority's answer is read, which checks it",
        ["agent-metrics-merge"] = "the proxy's part is what this process has counted itself: only the application's is read, and put behind it as it is",
        ["envoy-log-split"] = "there is no other process to hand the level of a component to",
        ["cni-dedup-ports"] = "rules are written by the init container or the sandbox: there is no CNI plugin",
        ["cni-repair-filter"] = "rules are written by the init container or the sandbox: there is no CNI plugin, and no race to repair",
        ["sds-join"] = "each secret that is refused has a line of its own: no list is shortened",
    };
}
