using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a DestinationRule (networking.istio.io).</summary>
internal static class DestinationRuleDecoder
{
    public static DestinationRuleConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var host = spec["host"].Required("name the service that the rule is for");
        if (!string.IsNullOrEmpty(host) && !NameRules.IsWildcardDnsName(host))
        {
            spec["host"].Problem($"\"{host}\" is no host name");
        }

        var selector = spec["workloadSelector"].Message(SelectorDecoder.ReadMatchLabels);
        return new DestinationRuleConfig
        {
            Meta = meta,
            Host = host ?? "",
            TrafficPolicy = spec["trafficPolicy"].Message(TrafficPolicyDecoder.Read),
            Subsets = ReadSubsets(spec["subsets"]),
            ExportTo = spec["exportTo"].ExportTo(meta.Namespace, onlyOwn: selector is { MatchLabels.IsEmpty: false }),
            WorkloadSelector = selector,
        };
    }

    private static ImmutableArray<Subset> ReadSubsets(ValueReader field)
    {
        var names = new HashSet<string>();
        return field.Messages(subset =>
        {
            var name = subset["name"].Required("name the subset");
            if (!string.IsNullOrEmpty(name))
            {
                if (!NameRules.IsDnsLabel(name))
                {
                    subset["name"].Problem($"\"{name}\" is no subset name", "use letters, digits and -");
                }
                else if (!names.Add(name))
                {
                    subset["name"].Problem($"subset \"{name}\" is given twice", "rename or remove one");
                }
            }

            return new Subset(
                name ?? "",
                subset["labels"].Labels().ToEquatableMap(),
                subset["trafficPolicy"].Message(TrafficPolicyDecoder.Read));
        });
    }
}
