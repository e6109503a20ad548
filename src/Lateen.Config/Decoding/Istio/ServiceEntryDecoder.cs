using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a ServiceEntry (networking.istio.io).</summary>
internal static class ServiceEntryDecoder
{
    private static readonly ChoiceNames<ServiceEntryLocation> Locations = Choices.Of<ServiceEntryLocation>();
    private static readonly ChoiceNames<ServiceEntryResolution> Resolutions = Choices.Of<ServiceEntryResolution>();

    public static ServiceEntryConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var config = new ServiceEntryConfig
        {
            Meta = meta,
            Hosts = Hosts(spec),
            Addresses = spec["addresses"].List(Address),
            Ports = Ports(spec["ports"]),
            Location = spec["location"].Choice(Locations) ?? ServiceEntryLocation.MeshExternal,
            Resolution = spec["resolution"].Choice(Resolutions) ?? ServiceEntryResolution.None,
            Endpoints = spec["endpoints"].Messages(entry => WorkloadEntryDecoder.ReadEntry(entry, requireAddress: true)),
            WorkloadSelector = spec["workloadSelector"].Message(SelectorDecoder.ReadLabels),
            ExportTo = spec["exportTo"].ExportTo(meta.Namespace, allowNobody: true),
            SubjectAltNames = spec["subjectAltNames"].Texts(),
        };
        CheckSelector(spec, config);
        CheckResolution(spec, config);
        CheckEndpointPorts(spec, config);
        return config;
    }

    private static ImmutableArray<string> Hosts(ObjectReader spec)
    {
        var hosts = spec["hosts"].List(item =>
        {
            var host = item.Host();
            if (host == "*")
            {
                item.Problem("\"*\" names no service", "name hosts; a wildcard needs a domain, for example *.example.com");
            }

            return host;
        });
        if (hosts.IsEmpty)
        {
            spec["hosts"].Problem("no hosts", "name at least one");
        }

        return hosts;
    }

    private static string? Address(ValueReader item)
    {
        var text = item.Text();
        if (text is not null && !NameRules.IsIpAddressOrCidr(text))
        {
            item.Problem($"\"{text}\" is neither an IP address nor a CIDR range");
        }

        return text;
    }

    private static ImmutableArray<GatewayPort> Ports(ValueReader field)
    {
        var names = new HashSet<string>();
        var numbers = new HashSet<int>();
        return field.Messages(reader =>
        {
            var port = ServerDecoder.ReadPort(reader);
            if (port.Name.Length > 0 && !names.Add(port.Name))
            {
                reader["name"].Problem($"port name \"{port.Name}\" is given twice", "rename one");
            }

            if (port.Number > 0 && !numbers.Add(port.Number))
            {
                reader["number"].Problem($"port {port.Number} is given twice", "remove one");
            }

            if (reader["targetPort"].IsPresent && port.TargetPort == 0)
            {
                reader["targetPort"].Problem("0 is no port", "use 1-65535, or remove it");
            }

            return port;
        });
    }

    private static void CheckSelector(ObjectReader spec, ServiceEntryConfig config)
    {
        if (config.WorkloadSelector is null)
        {
            return;
        }

        if (!config.Endpoints.IsEmpty)
        {
            spec["endpoints"].Problem("workloadSelector and endpoints are set", "keep one");
        }
    }

    private static void CheckResolution(ObjectReader spec, ServiceEntryConfig config)
    {
        var cidr = config.Addresses.Any(address => address.Contains('/', StringComparison.Ordinal));
        switch (config.Resolution)
        {
            case ServiceEntryResolution.None:
                if (!config.Endpoints.IsEmpty)
                {
                    spec["endpoints"].Problem("resolution NONE takes the caller's address and has no endpoints", "use STATIC or DNS, or remove them");
                }

                break;
            case ServiceEntryResolution.Static:
                for (var i = 0; i < config.Endpoints.Count; i++)
                {
                    var address = config.Endpoints[i].Address;
                    if (address.Length > 0 && !NameRules.IsIpAddress(address) && !address.StartsWith("unix://", StringComparison.Ordinal))
                    {
                        spec["endpoints"].Problem($"endpoint {i}: \"{address}\" is no IP address", "STATIC needs addresses; use DNS for names");
                    }
                }

                break;
            default:
                CheckDns(spec, config);
                break;
        }

        if (cidr && config.Resolution is ServiceEntryResolution.Dns or ServiceEntryResolution.DnsRoundRobin && cidr)
        {
            spec["addresses"].Problem("a CIDR range can not be resolved by DNS", "use resolution NONE or STATIC, or single addresses");
        }
    }

    private static void CheckDns(ObjectReader spec, ServiceEntryConfig config)
    {
        if (config.Endpoints.IsEmpty && config.WorkloadSelector is null)
        {
            foreach (var host in config.Hosts)
            {
                if (!NameRules.IsDnsName(host))
                {
                    spec["hosts"].Problem($"\"{host}\" can not be resolved", "name endpoints, or hosts without a wildcard");
                }
            }
        }

        if (config.Resolution == ServiceEntryResolution.DnsRoundRobin && config.Endpoints.Count > 1)
        {
            spec["endpoints"].Problem("DNS_ROUND_ROBIN takes at most one endpoint", "use DNS for several");
        }

        for (var i = 0; i < config.Endpoints.Count; i++)
        {
            if (config.Endpoints[i].Address.StartsWith("unix://", StringComparison.Ordinal))
            {
                spec["endpoints"].Problem($"endpoint {i}: a Unix socket needs no DNS", "use STATIC");
            }
        }
    }

    private static void CheckEndpointPorts(ObjectReader spec, ServiceEntryConfig config)
    {
        for (var i = 0; i < config.Endpoints.Count; i++)
        {
            foreach (var (name, _) in config.Endpoints[i].Ports)
            {
                if (!config.Ports.Any(port => port.Name == name))
                {
                    spec["endpoints"].Problem($"endpoint {i} names the port \"{name}\", which is none of spec.ports", "use a name of spec.ports");
                }
            }
        }
    }
}
