using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Dns;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Dns;

public sealed class ClusterZoneTests
{
    [Theory]
    [InlineData("web.a.svc.cluster.local", "A", "10.96.0.20")]
    [InlineData("web.a.svc.cluster.local", "Aaaa", "")]
    [InlineData("db.a.svc.cluster.local", "A", "10.244.0.2 10.244.0.3")]
    [InlineData("db-0.db.a.svc.cluster.local", "A", "10.244.0.2")]
    [InlineData("10-244-0-3.db.a.svc.cluster.local", "A", "10.244.0.3")]
    [InlineData("10-244-0-9.a.pod.cluster.local", "A", "10.244.0.9")]
    [InlineData("_http._tcp.web.a.svc.cluster.local", "Srv", "80 web.a.svc.cluster.local")]
    [InlineData("_sql._tcp.db.a.svc.cluster.local", "Srv", "5432 db-0.db.a.svc.cluster.local 5432 10-244-0-3.db.a.svc.cluster.local")]
    [InlineData("out.a.svc.cluster.local", "A", "example.com")]
    [InlineData("20.0.96.10.in-addr.arpa", "Ptr", "web.a.svc.cluster.local")]
    [InlineData("2.0.244.10.in-addr.arpa", "Ptr", "db-0.db.a.svc.cluster.local")]
    [InlineData("a.svc.cluster.local", "A", "")]
    [InlineData("none.a.svc.cluster.local", "A", "NoSuchName")]
    [InlineData("web.b.svc.cluster.local", "A", "NoSuchName")]
    [InlineData("_https._tcp.web.a.svc.cluster.local", "Srv", "NoSuchName")]
    [InlineData("9.9.96.10.in-addr.arpa", "Ptr", "NoSuchName")]
    [InlineData("example.com", "A", "not ours")]
    [InlineData("8.8.8.8.in-addr.arpa", "Ptr", "not ours")]
    public void Zone_EachKindOfName_IsAnswered(string name, string type, string expected)
    {
        DnsAnswer? answer = Zone().Answer(new DnsQuestion(name, Enum.Parse<DnsType>(type)));

        string found = answer is null ? "not ours"
            : answer.Code != DnsCode.Success ? answer.Code.ToString()
            : string.Join(' ', answer.Records.Select(record => record switch
            {
                AddressRecord address => address.Address.ToString(),
                NameRecord alias => alias.Target,
                ServiceRecord service => $"{service.Port} {service.Target}",
                _ => "?",
            }));
        found.ShouldBe(expected);
    }

    [Fact]
    public void Message_Answer_CarriesTheQuestionAndTheAddress()
    {
        byte[] request = Request("WEB.a.svc.cluster.local", 1);

        DnsQuestion question = DnsMessage.ReadQuestion(request, out int size)!.Value;
        byte[] answer = DnsMessage.WriteAnswer(request, Zone().Answer(question)!, "cluster.local", size);

        question.ShouldBe(new DnsQuestion("web.a.svc.cluster.local", DnsType.A));
        answer.AsSpan(0, 2).ToArray().ShouldBe(request[..2]);
        BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(6)).ShouldBe((ushort)1);
        answer[^4..].ShouldBe([10, 96, 0, 20]);
        (answer[2] & 0x84).ShouldBe(0x84);
    }

    [Fact]
    public void Message_NoSuchName_NamesTheZone()
    {
        byte[] request = Request("none.a.svc.cluster.local", 1);

        byte[] answer = DnsMessage.WriteAnswer(request, DnsAnswer.NoSuchName, "cluster.local", 512);

        (answer[3] & 0x0f).ShouldBe(3);
        BinaryPrimitives.ReadUInt16BigEndian(answer.AsSpan(8)).ShouldBe((ushort)1);
    }

    [Fact]
    public void Message_TooManyRecords_IsCutAndMarked()
    {
        byte[] request = Request("big.a.svc.cluster.local", 1);
        DnsAnswer answer = DnsAnswer.Of([.. Enumerable.Range(1, 100).Select(i => new AddressRecord("big.a.svc.cluster.local", new IPAddress([10, 0, 0, (byte)i])))]);

        byte[] message = DnsMessage.WriteAnswer(request, answer, "cluster.local", 512);

        message.Length.ShouldBeLessThanOrEqualTo(512);
        (message[2] & 0x02).ShouldBe(0x02);
        DnsMessage.WriteAnswer(request, answer, "cluster.local", 65535)[7].ShouldBe((byte)100);
    }

    [Fact]
    public void Message_AnyBytes_NeverThrow()
    {
        Random random = new(7);
        byte[] valid = Request("web.a.svc.cluster.local", 1);
        for (int round = 0; round < 20000; round++)
        {
            byte[] message = valid.AsSpan(0, random.Next(valid.Length + 1)).ToArray();
            for (int flips = random.Next(4); flips > 0 && message.Length > 0; flips--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            if (DnsMessage.ReadQuestion(message, out int size) is { } question)
            {
                DnsMessage.WriteAnswer(message, Zone().Answer(question) ?? DnsAnswer.Empty, "cluster.local", size).Length.ShouldBeGreaterThan(12);
            }
            else if (message.Length >= 12)
            {
                DnsMessage.WriteFailure(message, DnsCode.FormatError).Length.ShouldBeGreaterThanOrEqualTo(12);
            }
        }
    }

    [Fact]
    public void Forwarder_ResolvConf_NamesItsServers() =>
        DnsForwarder.Servers("# c\nnameserver 10.0.0.1\nsearch x\nnameserver\t::1\nnameserver bad\n").Select(server => server.ToString()).ShouldBe(["10.0.0.1", "::1"]);

    private static byte[] Request(string name, byte type)
    {
        using MemoryStream message = new();
        message.Write([0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0]);
        foreach (string label in name.Split('.'))
        {
            message.WriteByte((byte)label.Length);
            message.Write(Encoding.ASCII.GetBytes(label));
        }

        message.Write([0, 0, type, 0, 1]);
        return message.ToArray();
    }

    private static ClusterZone Zone()
    {
        ObjectCache services = new(ResourceTypes.Services);
        services.Upsert(Parse("""{"metadata":{"name":"web","namespace":"a"},"spec":{"clusterIP":"10.96.0.20","ports":[{"name":"http","port":80,"protocol":"TCP"}]}}"""));
        services.Upsert(Parse("""{"metadata":{"name":"db","namespace":"a"},"spec":{"clusterIP":"None","ports":[{"name":"sql","port":5432,"protocol":"TCP"}]}}"""));
        services.Upsert(Parse("""{"metadata":{"name":"out","namespace":"a"},"spec":{"type":"ExternalName","externalName":"example.com"}}"""));
        ObjectCache slices = new(ResourceTypes.EndpointSlices);
        slices.Upsert(Parse("""
            {"metadata":{"name":"db-x","namespace":"a","labels":{"kubernetes.io/service-name":"db"}},"ports":[{"name":"sql","port":5432,"protocol":"TCP"}],
             "endpoints":[{"addresses":["10.244.0.2"],"hostname":"db-0","conditions":{"ready":true}},{"addresses":["10.244.0.3"],"conditions":{}},
                          {"addresses":["10.244.0.4"],"conditions":{"ready":false}}]}
            """));
        return new ClusterZone("cluster.local", services, slices, [IPNetwork.Parse("10.96.0.0/16"), IPNetwork.Parse("10.244.0.0/16")]);
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
