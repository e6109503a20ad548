using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Lateen.Net.Sockets;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Sockets;

/// <summary>Connections on one loop: what is written in one batch of events reaches everybody, whatever happens to one of them.</summary>
public sealed class EventLoopTests
{
    private const int Connections = 40; // More than the loop gathers before it sends.

    [Fact]
    public async Task Output_OfManyConnectionsAtOnce_ReachesEach()
    {
        await using EchoLoop loop = new(faulty: -1);
        Socket[] clients = await loop.ConnectAsync(Connections);

        await loop.WhileHeldAsync(() => Task.WhenAll(clients.Select((client, i) => Send(client, (byte)i))));

        for (int i = 0; i < clients.Length; i++)
        {
            (await Receive(clients[i])).ShouldBe([(byte)i], $"the answer of connection {i}");
        }
        loop.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Output_OneConnectionFaultsWhileItIsSent_TheOthersGoOn()
    {
        await using EchoLoop loop = new(faulty: 7);
        Socket[] clients = await loop.ConnectAsync(Connections);
        Socket faulty = clients[7];
        Socket[] others = [.. clients.Where(client => client != faulty)];

        await loop.WhileHeldAsync(() => Task.WhenAll(clients.Select(client => Send(client, 1))));
        foreach (Socket client in clients)
        {
            (await Receive(client)).ShouldBe([1]);
        }
        (await Receive(faulty)).ShouldBeEmpty("the faulty connection is closed, its answer had left before");
        loop.Faults.ShouldHaveSingleItem().ShouldBeOfType<InvalidOperationException>();

        // What the fault left behind does not meet the next batch.
        await loop.WhileHeldAsync(() => Task.WhenAll(others.Select(client => Send(client, 2))));
        foreach (Socket client in others)
        {
            (await Receive(client)).ShouldBe([2]);
        }
    }

    [Fact]
    public async Task Timer_ThatFaults_StopsNeitherTheTimersAfterItNorTheLoop()
    {
        await using EchoLoop loop = new(faulty: -1);
        TaskCompletionSource fired = new(TaskCreationOptions.RunContinuationsAsynchronously);

        await loop.WhileHeldAsync(() =>
        {
            loop.Arm(() => throw new InvalidOperationException("a bug of ours"), 1);
            loop.Arm(fired.SetResult, 2);
            return Task.CompletedTask;
        });

        await fired.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        loop.Faults.ShouldHaveSingleItem().ShouldBeOfType<InvalidOperationException>();
        Socket client = (await loop.ConnectAsync(1))[0];
        await Send(client, 1);
        (await Receive(client)).ShouldBe([1]);
    }

    private static async Task Send(Socket client, byte value) => await client.SendAsync(new[] { value }, TestContext.Current.CancellationToken);

    private static async Task<byte[]> Receive(Socket client)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience.Limit);
        byte[] buffer = new byte[16];
        int n = await client.ReceiveAsync(buffer.AsMemory(), limit.Token);
        return buffer[..n];
    }

    /// <summary>A loop on its own thread whose connections send back what they get.</summary>
    private sealed class EchoLoop : IAsyncDisposable, IAcceptHandler
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly List<Socket> _clients = [];
        private readonly SemaphoreSlim _accepted = new(0);
        private readonly EventLoop _loop;
        private readonly Task _run;
        private readonly IPEndPoint _address;
        private readonly int _faulty;
        private int _count;

        /// <param name="faulty">The number of the connection that faults once its answer is sent; -1: none.</param>
        public EchoLoop(int faulty)
        {
            _faulty = faulty;
            _loop = new EventLoop(0, new EpollPoller(), TimeProvider.System, Faults.Enqueue);
            int fd = SocketCalls.Listen(IpEndpoint.From(IPAddress.Loopback, 0), ListenFlags.None);
            _address = SocketCalls.LocalAddress(fd).ToIPEndPoint();
            ListenSocket listener = new(_loop, this);
            _loop.Post(() => listener.Start(fd));
            _run = Task.Factory.StartNew(
                () => _loop.Run(_stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public ConcurrentQueue<Exception> Faults { get; } = new();

        public async Task<Socket[]> ConnectAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _clients.Add(client);
                await client.ConnectAsync(_address, TestContext.Current.CancellationToken);
                // One after the other: the n-th client is the n-th connection.
                (await _accepted.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken)).ShouldBeTrue("the connection was not accepted");
            }
            return [.. _clients];
        }

        /// <summary>Does something while the loop stands still, so that all of it comes in one batch of events.</summary>
        public async Task WhileHeldAsync(Func<Task> action)
        {
            using SemaphoreSlim held = new(0), go = new(0);
            _loop.Post(() =>
            {
                held.Release();
                go.Wait(Patience.Limit);
            });
            await held.WaitAsync(TestContext.Current.CancellationToken);
            await action();
            go.Release();
        }

        /// <summary>Does something on the loop after some milliseconds.</summary>
        public void Arm(Action action, long delay) => _loop.Post(() => _loop.ArmTimer(new ActionTimer(action), delay));

        public void OnAccepted(EventLoop loop, int fd, in IpEndpoint remote)
        {
            new Echo(loop, _count++ == _faulty).Open(fd);
            _accepted.Release();
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _loop.Dispose();
            _clients.ForEach(client => client.Dispose());
            _stop.Dispose();
            _accepted.Dispose();
        }
    }

    private sealed class ActionTimer(Action action) : LoopTimer
    {
        public override void OnTimer() => action();
    }

    private sealed class Echo(EventLoop loop, bool isFaulty) : StreamSocket(loop)
    {
        private bool _hasAnswered;

        public void Open(int fd) => Attach(fd);

        public override void Abort() => CloseSocket();

        protected override void OnReadable(Readiness events)
        {
            int n = Receive(Loop.Input);
            if (n <= 0)
            {
                if (n != -LibC.Eagain)
                {
                    CloseSocket();
                }
                return;
            }
            _hasAnswered = true;
            Write(Loop.Input.AsSpan(0, n));
        }

        protected override void OnOutputDrained()
        {
            if (isFaulty && _hasAnswered)
            {
                throw new InvalidOperationException("a bug of ours");
            }
        }

        protected override void OnOutputFailed(int error) => CloseSocket();
    }
}
