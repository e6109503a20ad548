namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Kinds that test one function inside the reference which this design does not have, and why.</summary>
internal static class SkippedKinds
{
    public static IReadOnlyDictionary<string, string> Reasons { get; } = new Dictionary<string, string>
    {
        ["route-catch-all-route"] = "the input is an Envoy route: here the question is asked of the VirtualService's match alone",
        ["istio-version-parse"] = "nothing here depends on the parts of a proxy's version",
        ["istio-version-compare"] = "nothing here depends on the order of proxies' versions",
        ["cluster-default"] = "the reference's builder is called without a service; clusters here are made of services alone",
        ["cluster-connection-pool"] = "settings are laid over a message that holds others; here they are laid over nothing",
        ["cluster-auto-mtls"] = "the settings are completed where the TLS context is made; cluster-tls-context and eds-network ask for the outcome",
        ["cluster-keepalive-meshwide"] = "the table keeps its resources in the reference's program",
        ["cluster-telemetry-metadata"] = "services are added to a cluster that has metadata; here a cluster's metadata is made in one piece",
        ["eds-failover-priority-labels"] = "the text of the labels is a cache key of the reference",
        ["gateway-rds-name"] = "route names are looked up whole, never taken apart",
        ["global-unicast-ip"] = "the first address of a proxy is the one that it names first",
        ["node-metadata-stringbool"] = "metadata is read as the text that it is",
        ["node-metadata-stringlist"] = "metadata is read as the text that it is",
        ["listener-protocol"] = "the class of a protocol is asked, not an enumeration of listener kinds",
        ["min-tls-version"] = "the versions of the two enumerations are mapped where the context is made; cluster-tls-context asks for the outcome",
        ["sds-config"] = "a secret without a name is never asked for",
        ["util-config-metadata"] = "metadata is made of the object's identity, not added to a message; pilot-simulation and route-translation see the outcome",
        ["util-subset-metadata"] = "metadata is made in one piece",
        ["util-locality-convert"] = "the message is filled from the parsed locality; eds-network sees the outcome",
        ["util-domain-name"] = "host and port are joined where a name is made",
        ["trace-operation"] = "the operation is made with the route; route-translation asks for it",
        ["util-address"] = "addresses are always sockets here; a path is told by its port",
        ["util-alpn-metadata"] = "the metadata is set with the TLS context",
        ["util-stateful-session"] = "cookies of persistent sessions are not made, as in the reference while PILOT_ENABLE_PERSISTENT_SESSION_FILTER is off",
        ["wasm-datasource"] = "no proxy here runs WebAssembly, so that no module is ever sent",
        ["wasm-vmconfig"] = "no proxy here runs WebAssembly, so that no machine for it is ever set up",
        ["wasm-secret-name"] = "no proxy here runs WebAssembly, so that no image is ever pulled",
        ["retry-host-metadata-match"] = "the table's input is lost in the corpus",
    };
}
