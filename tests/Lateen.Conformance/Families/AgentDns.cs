using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Istio.Networking.Nds.V1;
using Lateen.Agent.Dns;
using Lateen.Net.Dns;

namespace Lateen.Conformance.Families;

/// <summary>A name table and a question to the agent's DNS proxy; the upstream server is the one that the family describes.</summary>
internal sealed class AgentDns : IConformanceFamily, IDnsUpstream
{
    public string Name => "agent-dns";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        JsonNode environment = JsonNode.Parse(conformanceCase.Text(conformanceCase.Settings["environment"])!)!;
        DnsResolver resolver = new(
            this, (string)environment["proxyNamespace"]!, (string)environment["proxyDomain"]!, (string?)environment["searchNamespaces"]?[0] ?? "", new Random(1));
        resolver.Update(JsonParser.Default.Parse<NameTable>(environment["nameTable"]!.ToJsonString()));
        string name = (string)conformanceCase.Inputs["name"]!;
        ushort type = (string)conformanceCase.Inputs["type"]! == "AAAA" ? DnsQuestion.Aaaa : DnsQuestion.A;
        foreach (JsonNode? transport in (JsonArray)conformanceCase.Inputs["transports"]!)
        {
            byte[]? answer = resolver.AnswerAsync(Query(name, type), (string)transport! == "tcp", CancellationToken.None).AsTask().GetAwaiter().GetResult();
            if (Difference(conformanceCase.Expected!, answer!) is { } difference)
            {
                return CaseResult.Failed($"{transport}: {difference}");
            }
        }
        return CaseResult.Passed;
    }

    public ValueTask<byte[]?> AskAsync(ReadOnlyMemory<byte> query, bool overTcp, int maximum, CancellationToken cancellation)
    {
        DnsQuestion question = DnsQuestion.Parse(query.Span)!;
        IPAddress[] addresses = question.Name switch
        {
            "www.bing.com." => [IPAddress.Parse("1.1.1.1")],
            "giant." => [.. Enumerable.Range(0, 64).Select(i => new IPAddress([240, 0, 0, (byte)i]))],
            "giant-tc." => [.. Enumerable.Range(0, 29).Select(i => new IPAddress([240, 0, 0, (byte)i]))],
            _ => [],
        };
        byte[] answer = DnsAnswer.Write(
            query.Span, question, addresses.Length == 0 ? DnsAnswer.NameError : DnsAnswer.NoError,
            [.. addresses.Select(a => new DnsRecord(question.Name, 30, a, null))], ushort.MaxValue);
        if (question.Name == "giant-tc.")
        {
            answer[2] |= 2;
        }
        return new(!overTcp && answer.Length > maximum ? null : answer);
    }

    private static byte[] Query(string name, ushort type)
    {
        List<byte> bytes = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }
        return [.. bytes, 0, 0, (byte)type, 0, 1];
    }

    private static string? Difference(JsonNode expected, byte[] answer)
    {
        string code = (answer[3] & 0xf) switch { 0 => "NOERROR", 2 => "SERVFAIL", 3 => "NXDOMAIN", var other => other.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        if (code != ((string?)expected["rcode"] ?? "NOERROR"))
        {
            return $"rcode {code}, expected {expected["rcode"]}";
        }
        List<string> records = Records(answer);
        if (expected["answers"] is JsonObject counted)
        {
            return records.Count == (int)counted["count"]! ? null : $"{records.Count} records, expected {counted["count"]}";
        }
        if (expected["answers"] is not JsonArray answers)
        {
            return null;
        }
        // The order of addresses is drawn anew for each answer; aliases come first.
        string wanted = Text(answers.Select(a => $"{a!["name"]} {a["type"]} {a["target"] ?? Canonical(a["address"]!)}"));
        return Text(records) == wanted ? null : $"{Text(records)}, expected {wanted}";
    }

    private static string Text(IEnumerable<string> records) =>
        string.Join("; ", records.OrderBy(r => !r.Contains(" CNAME ", StringComparison.Ordinal)).ThenBy(r => r, StringComparer.Ordinal));

    private static string Canonical(JsonNode address) => IPAddress.Parse((string)address!).ToString();

    private static List<string> Records(byte[] answer)
    {
        int at = DnsQuestion.HeaderLength;
        ReadName(answer, ref at);
        at += 4;
        List<string> records = [];
        for (int i = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)); i > 0; i--)
        {
            string name = ReadName(answer, ref at);
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(at));
            int length = BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(at + 8));
            int data = at + 10;
            string value = type == DnsQuestion.Cname ? ReadName(answer, ref data) : new IPAddress(answer.AsSpan(data, length)).ToString();
            records.Add($"{name} {(type == DnsQuestion.Cname ? "CNAME" : type == DnsQuestion.A ? "A" : "AAAA")} {value}");
            at += 10 + length;
        }
        return records;
    }

    private static string ReadName(byte[] answer, ref int at)
    {
        StringBuilder name = new();
        while (answer[at] is > 0 and var length)
        {
            name.Append(Encoding.ASCII.GetString(answer, at + 1, length)).Append('.');
            at += length + 1;
        }
        at++;
        return name.ToString();
    }
}
