namespace Lateen.Proxy.Listeners;

/// <summary>Chooses a listener's filter chain in Envoy's order of criteria; each step keeps the most specific that match, without going back.</summary>
/// <remarks>
/// Order (envoy.config.listener.v3.FilterChainMatch): destination port, destination prefix, server name, transport protocol, application
/// protocols, direct source prefix, source type, source prefix, source port. Runs once per connection.
/// </remarks>
internal static class ChainMatcher
{
    /// <summary>The chain, or null when none matches (the caller takes the default chain).</summary>
    public static FilterChain? Choose(IReadOnlyList<FilterChain> chains, in ChainFacts facts)
    {
        List<FilterChain> left = ByDestination(chains, facts);
        left = ByServerName(left, facts.ServerName);
        ChainFacts known = facts;
        left = Best(left, c => c.Match.TransportProtocol.Length == 0 ? 0 : c.Match.TransportProtocol == known.TransportProtocol ? 1 : -1);
        left = ByApplicationProtocol(left, facts.ApplicationProtocols);
        left = Best(left, c => Longest(c.Match.DirectSourcePrefixes, known.Direct));
        left = Best(left, c => SourceTypeScore(c.Match.SourceType, known));
        left = Best(left, c => Longest(c.Match.SourcePrefixes, known.Source));
        left = Best(left, c => c.Match.SourcePorts.Length == 0 ? 0 : Array.IndexOf(c.Match.SourcePorts, known.Source.Port) >= 0 ? 1 : -1);
        return left.Count > 0 ? left[0] : null;
    }

    /// <summary>True if the chains left by port and address are told apart only by what must be read from the client.</summary>
    public static bool NeedsInspection(IReadOnlyList<FilterChain> chains, in ChainFacts facts) =>
        ByDestination(chains, facts).Exists(c => c.Match.NeedsInspection);

    /// <summary>True if one of the chains left by port and address takes TLS.</summary>
    public static bool MayBeTls(IReadOnlyList<FilterChain> chains, in ChainFacts facts) =>
        ByDestination(chains, facts).Exists(c => c.Tls is not null || c.Match.TransportProtocol == "tls");

    private static List<FilterChain> ByDestination(IReadOnlyList<FilterChain> chains, ChainFacts facts)
    {
        List<FilterChain> left = Best([.. chains], c =>
            c.Match.DestinationPort == 0 ? 0 : c.Match.DestinationPort == facts.Destination.Port ? 1 : -1);
        return Best(left, c => Longest(c.Match.Prefixes, facts.Destination));
    }

    private static List<FilterChain> ByServerName(List<FilterChain> chains, string name) => Best(chains, c =>
    {
        if (c.Match.ServerNames.Length == 0)
        {
            return 0;
        }
        int best = -1;
        foreach (string pattern in c.Match.ServerNames)
        {
            if (pattern == name)
            {
                return int.MaxValue;
            }
            if (pattern.StartsWith("*.", StringComparison.Ordinal) && name.EndsWith(pattern[1..], StringComparison.Ordinal))
            {
                best = Math.Max(best, pattern.Length);
            }
        }
        return best;
    });

    private static List<FilterChain> ByApplicationProtocol(List<FilterChain> chains, string[] offered)
    {
        foreach (string protocol in offered)
        {
            List<FilterChain> matching = chains.FindAll(c => Array.IndexOf(c.Match.ApplicationProtocols, protocol) >= 0);
            if (matching.Count > 0)
            {
                return matching;
            }
        }
        return chains.FindAll(c => c.Match.ApplicationProtocols.Length == 0);
    }

    private static int Longest(Cidr[] prefixes, Net.Sockets.IpEndpoint address)
    {
        if (prefixes.Length == 0)
        {
            return 0;
        }
        int best = -1;
        foreach (Cidr prefix in prefixes)
        {
            if (prefix.Contains(address))
            {
                best = Math.Max(best, prefix.Length + 1);
            }
        }
        return best;
    }

    private static int SourceTypeScore(SourceType type, ChainFacts facts)
    {
        bool local = facts.Source.IsLoopback || facts.Source.WithPort(0).Equals(facts.Destination.WithPort(0));
        return type switch
        {
            SourceType.Any => 0,
            SourceType.SameIpOrLoopback => local ? 1 : -1,
            _ => local ? -1 : 1,
        };
    }

    // Keeps those with the highest score; a negative score is no match.
    private static List<FilterChain> Best(List<FilterChain> chains, Func<FilterChain, int> score)
    {
        int best = -1;
        List<FilterChain> left = [];
        foreach (FilterChain chain in chains)
        {
            int value = score(chain);
            if (value > best)
            {
                best = value;
                left.Clear();
            }
            if (value == best && value >= 0)
            {
                left.Add(chain);
            }
        }
        return left;
    }
}
