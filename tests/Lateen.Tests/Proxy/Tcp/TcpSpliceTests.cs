using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Api;
using Lateen.Net.Sockets;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Tcp;

/// <summary>TCP flows that turn out to be bulk pass through the kernel; nothing of what a peer sees may change by it.</summary>
public sealed class TcpSpliceTests
{
    private const int Bulk = 24 * 1024 * 1024;

    [Fact]
    public async Task Bulk_BothWaysAtOnce_ArrivesWholeWithHalfClose()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            Task<string> reading = ReadAllAsync(socket, stop);
            await SendAsync(socket, seed: 2, stop);
            socket.Shutdown(SocketShutdown.Send);
            (await reading).ShouldBe(HashOf(1));
        });
        await using ProxyBed bed = Serve(backend);
        using Socket client = await ConnectAsync(bed);
        CancellationToken stop = TestContext.Current.CancellationToken;

        Task<string> received = ReadAllAsync(client, stop);
        await SendAsync(client, seed: 1, stop);
        client.Shutdown(SocketShutdown.Send);

        (await received).ShouldBe(HashOf(2));
        Pipes(bed).Lent.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Messages_AnsweredOneByOne_NeverUseAPipe()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[8192];
            for (int n; (n = await socket.ReceiveAsync(buffer, stop)) > 0;)
            {
                await socket.SendAsync(buffer.AsMemory(0, n), stop);
            }
        });
        await using ProxyBed bed = Serve(backend);
        using Socket client = await ConnectAsync(bed);
        byte[] message = new byte[4096], answer = new byte[4096];
        CancellationToken stop = TestContext.Current.CancellationToken;

        for (int i = 0; i < 500; i++)
        {
            await client.SendAsync(message, stop);
            for (int n = 0; n < message.Length;)
            {
                n += await client.ReceiveAsync(answer, stop);
            }
        }

        Pipes(bed).Lent.ShouldBe(0);
    }

    [Fact]
    public async Task Bulk_ToAReaderWhoPauses_WaitsAndArrivesWhole()
    {
        TaskCompletionSource stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend backend = new(async (socket, stop) =>
        {
            Task sending = SendAsync(socket, seed: 3, stop);
            // Everything between is full: the sender does not come on although there is more.
            stuck.TrySetResult();
            await sending;
            socket.Shutdown(SocketShutdown.Send);
            await ReadAllAsync(socket, stop);
        });
        await using ProxyBed bed = Serve(backend);
        using Socket client = await ConnectAsync(bed);
        CancellationToken stop = TestContext.Current.CancellationToken;
        await stuck.Task.WaitAsync(Patience.Limit, stop);
        await UntilAsync(() => client.Available > 64 * 1024);

        string hash = await ReadAllAsync(client, stop);

        hash.ShouldBe(HashOf(3));
    }

    [Fact]
    public async Task Bulk_CutByTheClient_EndsTheOtherSideToo()
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] chunk = new byte[256 * 1024];
            try
            {
                while (true)
                {
                    await socket.SendAsync(chunk, stop);
                }
            }
            catch (SocketException)
            {
                ended.TrySetResult();
            }
        });
        await using ProxyBed bed = Serve(backend);
        using (Socket client = await ConnectAsync(bed))
        {
            byte[] buffer = new byte[256 * 1024];
            for (long n = 0; n < 4 * 1024 * 1024;)
            {
                n += await client.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            }
            client.LingerState = new LingerOption(true, 0);
        }

        await ended.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        await UntilAsync(() => bed.Server.ActiveConnections == 0);
    }

    private static PipePool Pipes(ProxyBed bed) => bed.Server.Runtime.All[0].Loop.Pipes;

    private static ProxyBed Serve(Backend backend)
    {
        FilterChain chain = new();
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter
        {
            Name = "envoy.filters.network.tcp_proxy", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }),
        });
        ProxyBed bed = new();
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        bed.Apply(TypeUrls.Listener, new Listener
        {
            Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), FilterChains = { chain },
        });
        return bed;
    }

    private static async Task<Socket> ConnectAsync(ProxyBed bed)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At("tcp"), TestContext.Current.CancellationToken);
        return socket;
    }

    private static IEnumerable<byte[]> Chunks(int seed)
    {
        Random random = new(seed);
        byte[] chunk = new byte[128 * 1024];
        for (int sent = 0; sent < Bulk; sent += chunk.Length)
        {
            random.NextBytes(chunk);
            yield return chunk;
        }
    }

    private static string HashOf(int seed)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (byte[] chunk in Chunks(seed))
        {
            hash.AppendData(chunk);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static async Task SendAsync(Socket socket, int seed, CancellationToken stop)
    {
        foreach (byte[] chunk in Chunks(seed))
        {
            for (int sent = 0; sent < chunk.Length;)
            {
                sent += await socket.SendAsync(chunk.AsMemory(sent), stop);
            }
        }
    }

    private static async Task<string> ReadAllAsync(Socket socket, CancellationToken stop)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[128 * 1024];
        for (int n; (n = await socket.ReceiveAsync(buffer, stop)) > 0;)
        {
            hash.AppendData(buffer.AsSpan(0, n));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (!holds())
        {
            limit.IsCancellationRequested.ShouldBeFalse("it did not come to it in 20 s");
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }
}
