using System.Net;
using System.Net.Sockets;
using System.Text;
using Istio.Networking.Nds.V1;
using Lateen.Agent.Dns;
using Lateen.Net.Dns;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent.Dns;

/// <summary>The DNS proxy over its sockets: the mesh's names, upstream's, and what is no query.</summary>
public sealed class DnsServerTests
{
    [Fact]
    public async Task Query_OfAMeshName_IsAnsweredOverUdpAndTcp()
    {
        await using Bed bed = new(null);
        bed.Resolver.Update(new NameTable { Table = { ["reviews.shop.svc.cluster.local"] = new() { Registry = "Kubernetes", Shortname = "reviews", Namespace = "shop", Ips = { "10.0.0.1" } } } });

        byte[] udp = await bed.Udp(Query("reviews"));
        byte[] tcp = await bed.Tcp(Query("reviews"));

        tcp.ShouldBe(udp);
        udp[..2].ShouldBe([0x12, 0x34]);
        (udp[2] & 0x84).ShouldBe(0x84, "a response, authoritative");
        (udp[3] & 0xf).ShouldBe(0);
        udp[7].ShouldBe((byte)1);
        udp[^4..].ShouldBe([10, 0, 0, 1]);
    }

    [Fact]
    public async Task Query_BeforeTheFirstTable_IsServerFailure()
    {
        await using Bed bed = new(_ => [1]);

        ((await bed.Udp(Query("reviews")))[3] & 0xf).ShouldBe(DnsAnswer.ServerFailure);
    }

    [Fact]
    public async Task Query_OfAnotherName_GetsWhatUpstreamSays()
    {
        await using Bed bed = new(query => [.. query[..2], 0x81, 0x83, .. query[4..]]);
        bed.Resolver.Update(new NameTable());

        byte[] answer = await bed.Udp(Query("www.example.com"));

        (answer[3] & 0xf).ShouldBe(DnsAnswer.NameError);
        bed.Resolver.UpstreamRequests.ShouldBe(1);
    }

    [Fact]
    public async Task Query_UpstreamSaysNothing_IsServerFailureAndCounted()
    {
        await using Bed bed = new(_ => null);
        bed.Resolver.Update(new NameTable());

        ((await bed.Udp(Query("www.example.com")))[3] & 0xf).ShouldBe(DnsAnswer.ServerFailure);
        bed.Resolver.UpstreamFailures.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1234")]
    [InlineData("1234000000010000000000003f61")]
    [InlineData("12348000000100000000000001610000010001")]
    [InlineData("1234000000010000000000000161c00c00010001")]
    public void Parse_WhatIsNoQuery_IsNull(string hex) => DnsQuestion.Parse(Convert.FromHexString(hex)).ShouldBeNull();

    [Fact]
    public void Write_MoreThanFits_IsCutAndMarked()
    {
        byte[] query = Query("giant");
        DnsQuestion question = DnsQuestion.Parse(query)!;
        DnsRecord[] records = [.. Enumerable.Range(0, 64).Select(i => new DnsRecord("giant.", 30, new IPAddress([10, 0, 0, (byte)i]), null))];

        byte[] answer = DnsAnswer.Write(query, question, DnsAnswer.NoError, records, question.PayloadSize);

        answer.Length.ShouldBeLessThanOrEqualTo(512);
        (answer[2] & 2).ShouldBe(2, "TC");
    }

    private static byte[] Query(string name)
    {
        List<byte> bytes = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }
        return [.. bytes, 0, 0, 1, 0, 1];
    }

    private sealed class Bed : IAsyncDisposable, IDnsUpstream
    {
        private readonly Func<byte[], byte[]?>? _upstream;
        private readonly CancellationTokenSource _stop = new();
        private readonly DnsServer _server;
        private readonly Task _run;

        public Bed(Func<byte[], byte[]?>? upstream)
        {
            _upstream = upstream;
            Resolver = new DnsResolver(this, "shop", "shop.svc.cluster.local", "", new Random(1));
            _server = Opened(Resolver);
            _run = _server.RunAsync(_stop.Token);
        }

        public DnsResolver Resolver { get; }

        // A port that the kernel hands out for UDP may be another's for TCP.
        private static DnsServer Opened(DnsResolver resolver)
        {
            for (int attempt = 0; ; attempt++)
            {
                DnsServer server = new(resolver, [new IPEndPoint(IPAddress.Loopback, 0)]);
                try
                {
                    server.Open();
                    return server;
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && attempt < 20)
                {
                    server.Dispose();
                }
            }
        }

        public ValueTask<byte[]?> AskAsync(ReadOnlyMemory<byte> query, bool overTcp, int maximum, CancellationToken cancellation) =>
            new(_upstream!(query.ToArray()));

        public async Task<byte[]> Udp(byte[] query)
        {
            using UdpClient client = new();
            await client.SendAsync(query, _server.Addresses[0]);
            using CancellationTokenSource limit = new(Patience.Limit);
            return (await client.ReceiveAsync(limit.Token)).Buffer;
        }

        public async Task<byte[]> Tcp(byte[] query)
        {
            using TcpClient client = new();
            await client.ConnectAsync(_server.Addresses[0]);
            await DnsStream.WriteAsync(client.GetStream(), query, default);
            return (await DnsStream.ReadAsync(client.GetStream(), default))!;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _server.Dispose();
            _stop.Dispose();
        }
    }
}
