using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads WorkloadEntry, WorkloadGroup, and the endpoints of a ServiceEntry, which have the same form.</summary>
internal static class WorkloadEntryDecoder
{
    private static readonly string[] ProbeNumbers =
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];

    public static WorkloadEntryConfig Read(ObjectReader spec, ConfigMeta meta) =>
        new() { Meta = meta, Spec = ReadEntry(spec, requireAddress: true) };

    public static WorkloadGroupConfig ReadGroup(ObjectReader spec, ConfigMeta meta)
    {
        if (!spec["template"].IsPresent)
        {
            spec.Problem("no template", "give the template of the group's workloads");
        }

        var labels = new TextMaps();
        spec["metadata"].Message(metadata => labels = new TextMaps(
            metadata["labels"].Labels().ToEquatableMap(), metadata["annotations"].TextMap().ToEquatableMap()));
        return new WorkloadGroupConfig
        {
            Meta = meta,
            Labels = labels.Labels,
            Annotations = labels.Annotations,
            Template = spec["template"].Message(template => ReadEntry(template, requireAddress: false)) ?? new WorkloadEntrySpec(),
            ProbeJson = ReadProbe(spec["probe"]),
        };
    }

    public static WorkloadEntrySpec ReadEntry(ObjectReader entry, bool requireAddress)
    {
        var address = entry["address"].Text() ?? "";
        var unix = address.StartsWith("unix://", StringComparison.Ordinal);
        if (address.Length == 0)
        {
            if (requireAddress && !entry["network"].IsPresent)
            {
                entry["address"].Problem("no address", "set address to an IP address, a DNS name or unix:///path");
            }
        }
        else if (unix)
        {
            var path = address["unix://".Length..];
            if (path.Length == 0 || path[0] is not ('/' or '@'))
            {
                entry["address"].Problem($"\"{address}\" has no absolute path", "write unix:///path");
            }

            if (!entry["ports"].Entries().IsEmpty)
            {
                entry["ports"].Problem("a Unix socket has no ports", "remove them");
            }
        }
        else if (!NameRules.IsIpAddress(address) && !NameRules.IsDnsName(address))
        {
            entry["address"].Problem($"\"{address}\" is neither an IP address nor a DNS name");
        }

        var ports = new List<KeyValuePair<string, int>>();
        foreach (var (name, value) in entry["ports"].Entries())
        {
            if (!NameRules.IsDnsLabel(name))
            {
                value.Problem($"\"{name}\" is no port name");
            }

            ports.Add(new(name, value.Number32(1, 65535) ?? 0));
        }

        return new WorkloadEntrySpec
        {
            Address = address,
            Ports = ports.ToEquatableMap(),
            Labels = entry["labels"].Labels().ToEquatableMap(),
            Network = entry["network"].Text() ?? "",
            Locality = entry["locality"].Text() ?? "",
            Weight = entry["weight"].Unsigned32() ?? 0,
            ServiceAccount = entry["serviceAccount"].Text() ?? "",
        };
    }

    private static string? ReadProbe(ValueReader field)
    {
        field.Message(probe =>
        {
            foreach (var name in ProbeNumbers)
            {
                probe[name].Number32(0);
            }

            probe.OneOf("httpGet", "tcpSocket", "exec");
            probe["httpGet"].Message(http =>
            {
                http.Ignore("path", "host", "scheme");
                http["httpHeaders"].Messages(header =>
                {
                    var name = header["name"].Required("name the header") ?? "";
                    if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
                    {
                        header["name"].Problem($"\"{name}\" is no header name", "use letters, digits, - and _");
                    }

                    header.Ignore("value");
                    return header;
                });
                return RequirePort(http);
            });
            probe["tcpSocket"].Message(tcp =>
            {
                tcp.Ignore("host");
                return RequirePort(tcp);
            });
            probe["exec"].Message(exec =>
            {
                if (exec["command"].Texts().IsEmpty)
                {
                    exec.Problem("no command", "give the command and its arguments");
                }

                return exec;
            });
            return probe;
        });
        return field.Node is { } node ? JsonTree.ToJson(node)!.ToJsonString() : null;
    }

    private static ObjectReader RequirePort(ObjectReader probe)
    {
        if (probe["port"].Port() is null)
        {
            probe.Problem("no port", "set port to 1-65535");
        }

        return probe;
    }

    private sealed record TextMaps(EquatableMap<string, string> Labels, EquatableMap<string, string> Annotations)
    {
        public TextMaps()
            : this(EquatableMap<string, string>.Empty, EquatableMap<string, string>.Empty)
        {
        }
    }
}
