using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;

namespace Lateen.Sandbox.Dns;

/// <summary>The names of a cluster's services and pods (Kubernetes DNS-Based Service Discovery, specification 1.1.0).</summary>
/// <param name="domain">The cluster's domain, such as cluster.local.</param>
/// <param name="ours">The ranges whose reverse names are the cluster's alone.</param>
internal sealed class ClusterZone(string domain, ObjectCache services, ObjectCache slices, IReadOnlyList<IPNetwork> ours)
{
    private const string Reverse = ".in-addr.arpa";

    /// <summary>The cluster's domain.</summary>
    public string Domain => domain;

    /// <summary>The answer to a question; null when the name is not the cluster's to answer.</summary>
    public DnsAnswer? Answer(DnsQuestion question)
    {
        if (question.Name.EndsWith(Reverse, StringComparison.Ordinal))
        {
            return Pointer(question);
        }

        if (question.Name == domain)
        {
            return DnsAnswer.Empty;
        }

        if (!question.Name.EndsWith("." + domain, StringComparison.Ordinal))
        {
            return null;
        }

        string[] labels = question.Name[..^(domain.Length + 1)].Split('.');
        return labels[^1] switch
        {
            "svc" => Service(question, labels[..^1]),
            "pod" => Pod(question, labels[..^1]),
            _ => DnsAnswer.NoSuchName,
        };
    }

    private DnsAnswer Service(DnsQuestion question, string[] labels)
    {
        if (labels.Length < 2)
        {
            // Names that only stand between others exist, without records.
            return labels.Length == 0 || services.In(labels[0]).Any() ? DnsAnswer.Empty : DnsAnswer.NoSuchName;
        }

        if (services.Find(new ObjectKey(labels[^1], labels[^2])) is not { } service)
        {
            return DnsAnswer.NoSuchName;
        }

        return labels.Length switch
        {
            2 => Addresses(question, service),
            3 => Endpoint(question, service, labels[0]),
            4 when labels[0].StartsWith('_') && labels[1].StartsWith('_') => Ports(question, service, labels[0][1..], labels[1][1..]),
            _ => DnsAnswer.NoSuchName,
        };
    }

    private DnsAnswer Addresses(DnsQuestion question, JsonObject service)
    {
        if (service.Text("spec", "type") == "ExternalName")
        {
            return DnsAnswer.Of([new NameRecord(question.Name, DnsType.Cname, service.Text("spec", "externalName"))]);
        }

        if (IPAddress.TryParse(service.Text("spec", "clusterIP"), out IPAddress? address))
        {
            return question.Type switch
            {
                DnsType.A or DnsType.Any => DnsAnswer.Of([new AddressRecord(question.Name, address)]),
                DnsType.Srv => Ports(question, service, null, null),
                _ => DnsAnswer.Empty,
            };
        }

        List<DnsRecord> records = [.. Endpoints(service).Select(endpoint => new AddressRecord(question.Name, endpoint.Address))];
        return records.Count == 0 ? DnsAnswer.NoSuchName
            : question.Type is DnsType.A or DnsType.Any ? DnsAnswer.Of(records)
            : question.Type == DnsType.Srv ? Ports(question, service, null, null)
            : DnsAnswer.Empty;
    }

    private DnsAnswer Endpoint(DnsQuestion question, JsonObject service, string label)
    {
        List<DnsRecord> records = [.. Endpoints(service)
            .Where(endpoint => endpoint.Label == label)
            .Select(endpoint => new AddressRecord(question.Name, endpoint.Address))];
        return records.Count == 0 || service.Text("spec", "clusterIP") != "None" ? DnsAnswer.NoSuchName
            : question.Type is DnsType.A or DnsType.Any ? DnsAnswer.Of(records)
            : DnsAnswer.Empty;
    }

    // Null for port and protocol: all ports.
    private DnsAnswer Ports(DnsQuestion question, JsonObject service, string? port, string? protocol)
    {
        string name = NameOf(service);
        List<DnsRecord> records = [];
        List<DnsRecord> additional = [];
        bool headless = service.Text("spec", "clusterIP") == "None";
        foreach (JsonObject candidate in service.Items("spec", "ports").Where(candidate =>
            port is null || (candidate.Text("name") == port && candidate.Text("protocol").Equals(protocol, StringComparison.OrdinalIgnoreCase))))
        {
            if (!headless && IPAddress.TryParse(service.Text("spec", "clusterIP"), out IPAddress? address))
            {
                records.Add(new ServiceRecord(question.Name, 0, 100, (int)(candidate.Number("port") ?? 0), name));
                additional.Add(new AddressRecord(name, address));
                continue;
            }

            foreach ((IPAddress at, string label, int number) in Endpoints(service, candidate.Text("name")))
            {
                records.Add(new ServiceRecord(question.Name, 0, 100, number, $"{label}.{name}"));
                additional.Add(new AddressRecord($"{label}.{name}", at));
            }
        }

        return records.Count == 0 ? DnsAnswer.NoSuchName
            : question.Type is DnsType.Srv or DnsType.Any ? new DnsAnswer(DnsCode.Success, records, [.. additional.Distinct()])
            : DnsAnswer.Empty;
    }

    // a-b-c-d.NAMESPACE.pod: the address that the name spells.
    private static DnsAnswer Pod(DnsQuestion question, string[] labels)
    {
        if (labels.Length != 2 || !IPAddress.TryParse(labels[0].Replace('-', '.'), out IPAddress? address) || labels[0].Count(c => c == '-') != 3)
        {
            return labels.Length < 2 ? DnsAnswer.Empty : DnsAnswer.NoSuchName;
        }

        return question.Type is DnsType.A or DnsType.Any ? DnsAnswer.Of([new AddressRecord(question.Name, address)]) : DnsAnswer.Empty;
    }

    private DnsAnswer? Pointer(DnsQuestion question)
    {
        string[] labels = question.Name[..^Reverse.Length].Split('.');
        if (labels.Length != 4
            || !IPAddress.TryParse(string.Join('.', labels.Reverse()), out IPAddress? address)
            || !ours.Any(range => range.Contains(address)))
        {
            return null;
        }

        string text = address.ToString();
        JsonObject? service = services.All.FirstOrDefault(candidate => candidate.Text("spec", "clusterIP") == text);
        string? target = service is not null ? NameOf(service) : services.All
            .Where(candidate => candidate.Text("spec", "clusterIP") == "None")
            .SelectMany(candidate => Endpoints(candidate).Where(endpoint => endpoint.Address.Equals(address)).Select(endpoint => $"{endpoint.Label}.{NameOf(candidate)}"))
            .FirstOrDefault();
        return target is null ? DnsAnswer.NoSuchName
            : question.Type is DnsType.Ptr or DnsType.Any ? DnsAnswer.Of([new NameRecord(question.Name, DnsType.Ptr, target)])
            : DnsAnswer.Empty;
    }

    private string NameOf(JsonObject service) => $"{service.Name()}.{service.Namespace()}.svc.{domain}";

    // The ready endpoints: address, the label of their own name, and the number of a port.
    private IEnumerable<(IPAddress Address, string Label, int Port)> Endpoints(JsonObject service, string? port = null)
    {
        HashSet<IPAddress> seen = [];
        foreach (JsonObject slice in slices.In(service.Namespace()).Where(slice => slice.Labels().Text(EndpointSliceBuilder.ServiceLabel) == service.Name()))
        {
            long number = slice.Items("ports").FirstOrDefault(candidate => port is null || candidate.Text("name") == port).Number("port") ?? 0;
            foreach (JsonObject endpoint in slice.Items("endpoints"))
            {
                bool ready = endpoint.At("conditions", "ready") is null || endpoint.Flag("conditions", "ready");
                if (ready && IPAddress.TryParse(endpoint.Texts("addresses").FirstOrDefault(), out IPAddress? address) && seen.Add(address))
                {
                    string label = endpoint.Text("hostname") is { Length: > 0 } hostname ? hostname : address.ToString().Replace('.', '-');
                    yield return (address, label, (int)number);
                }
            }
        }
    }
}
