using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads LoadBalancerSettings and locality preferences.</summary>
internal static class LoadBalancerDecoder
{
    private static readonly ChoiceNames<SimpleLoadBalancer> Simple = Choices.Of<SimpleLoadBalancer>();

    public static LoadBalancerSettings Read(ObjectReader balancer)
    {
        balancer.OneOf("simple", "consistentHash");
        var warmup = balancer["warmup"].Message(ReadWarmup)?.Duration;
        return new LoadBalancerSettings
        {
            Simple = balancer["simple"].Choice(Simple),
            ConsistentHash = balancer["consistentHash"].Message(ReadConsistentHash),
            LocalityLbSetting = balancer["localityLbSetting"].Message(ReadLocality),
            WarmupDuration = balancer["warmupDurationSecs"].Duration() ?? warmup,
        };
    }

    public static LocalityLoadBalancer ReadLocality(ObjectReader locality)
    {
        var priorities = locality["failoverPriority"].Texts();
        if (locality["distribute"].Items().Length > 0 && (locality["failover"].Items().Length > 0 || !priorities.IsEmpty))
        {
            locality.Problem("distribute stands together with failover or failoverPriority", "keep one");
        }

        foreach (var item in locality["failoverPriority"].Items())
        {
            var parts = (item.Text() ?? "").Split('=', 2);
            if (!NameRules.IsLabelKey(parts[0]) || (parts.Length == 2 && !NameRules.IsLabelValue(parts[1])))
            {
                item.Problem("neither a label key nor key=value");
            }
        }

        return new LocalityLoadBalancer
        {
            Distribute = locality["distribute"].Messages(ReadDistribution),
            Failover = locality["failover"].Messages(ReadFailover),
            FailoverPriority = priorities,
            Enabled = locality["enabled"].Boolean(),
        };
    }

    /// <summary>Locality patterns of one list: a star stands at the end only, and none covers another.</summary>
    internal static void CheckLocalities(ValueReader at, IReadOnlyList<string> localities)
    {
        var patterns = new List<string[]>();
        foreach (var locality in localities)
        {
            var parts = locality.Split('/');
            if (parts.Length > 3 || parts.Any(part => part.Length == 0))
            {
                at.Problem($"\"{locality}\" is no locality", "write REGION, REGION/ZONE or REGION/ZONE/SUBZONE");
                continue;
            }

            var star = Array.FindIndex(parts, part => part.Contains('*', StringComparison.Ordinal));
            if (star >= 0 && (star != parts.Length - 1 || parts[star] != "*"))
            {
                at.Problem($"\"{locality}\": a * stands alone at the end", "write for example us-west/*");
                continue;
            }

            var prefix = star < 0 ? parts : parts[..star];
            if (patterns.Any(other => IsPrefix(other, prefix) || IsPrefix(prefix, other)))
            {
                at.Problem($"\"{locality}\" overlaps with another locality of the list", "keep one");
            }

            patterns.Add(prefix);
        }
    }

    private static bool IsPrefix(string[] shorter, string[] longer) =>
        shorter.Length <= longer.Length && longer.AsSpan(0, shorter.Length).SequenceEqual(shorter);

    private static LocalityDistribution ReadDistribution(ObjectReader distribution)
    {
        var from = distribution["from"].Text() ?? "";
        CheckLocalities(distribution["from"], [from]);
        var to = new List<KeyValuePair<string, uint>>();
        long sum = 0;
        foreach (var (locality, value) in distribution["to"].Entries())
        {
            var weight = value.Unsigned32();
            if (weight is 0)
            {
                value.Problem("a share of 0", "remove the locality");
            }

            sum += weight ?? 0;
            to.Add(new(locality, weight ?? 0));
        }

        CheckLocalities(distribution["to"], [.. to.Select(entry => entry.Key)]);
        if (sum != 100)
        {
            distribution["to"].Problem($"the shares sum to {sum}", "make them 100");
        }

        return new LocalityDistribution(from, to.ToEquatableMap());
    }

    private static LocalityFailover ReadFailover(ObjectReader failover)
    {
        var result = new LocalityFailover(failover["from"].Text() ?? "", failover["to"].Text() ?? "");
        if (result.From == result.To)
        {
            failover.Problem("from and to are the same region", "name another region in to");
        }

        if ((result.From + result.To).AsSpan().IndexOfAny('/', '*') >= 0)
        {
            failover.Problem("failover names regions only", "write the region without zone");
        }

        return result;
    }

    private static ConsistentHash ReadConsistentHash(ObjectReader hash)
    {
        hash.OneOf("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName");
        hash.OneOf("ringHash", "maglev");
        if (hash.CountPresent("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName") == 0)
        {
            hash.Problem("a hash of nothing", "give one of httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName");
        }

        if (hash["httpHeaderName"].IsPresent)
        {
            hash["httpHeaderName"].Required("name the header");
        }

        if (hash["httpQueryParameterName"].IsPresent)
        {
            hash["httpQueryParameterName"].Required("name the parameter");
        }

        return new ConsistentHash
        {
            HttpHeaderName = hash["httpHeaderName"].Text(),
            HttpCookie = hash["httpCookie"].Message(ReadCookie),
            UseSourceIp = hash["useSourceIp"].Boolean() ?? false,
            HttpQueryParameterName = hash["httpQueryParameterName"].Text(),
            MinimumRingSize = (ulong?)hash["minimumRingSize"].WholeNumber(0),
            RingHash = hash["ringHash"].Message(ring => new RingHash((ulong?)ring["minimumRingSize"].WholeNumber(0))),
            Maglev = hash["maglev"].Message(maglev => new Maglev((ulong?)maglev["tableSize"].WholeNumber(0))),
        };
    }

    private static HttpCookie ReadCookie(ObjectReader cookie)
    {
        var name = cookie["name"].Required("name the cookie");
        if (!cookie["ttl"].IsPresent)
        {
            cookie.Problem("a cookie without ttl", "set ttl; 0s makes a session cookie");
        }

        return new HttpCookie(name ?? "", cookie["path"].Text() ?? "", cookie["ttl"].Duration());
    }

    // networking.istio.io/v1 of 1.24: WarmupConfiguration.
    private static WarmupBox ReadWarmup(ObjectReader warmup)
    {
        if (!warmup["duration"].IsPresent)
        {
            warmup["duration"].Problem("required and missing", "give the time over which traffic grows");
        }

        if (warmup["minimumPercent"].Number() is not (null or (>= 0 and <= 100)))
        {
            warmup["minimumPercent"].Problem("no percentage", "use 0 to 100");
        }

        if (warmup["aggression"].Number() is < 1)
        {
            warmup["aggression"].Problem("below 1", "use 1 or more");
        }

        return new WarmupBox(warmup["duration"].Duration());
    }

    private sealed record WarmupBox(TimeSpan? Duration);
}
