using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Lateen.Agent.Hosting;
using Lateen.Agent.Settings;
using Lateen.Agent.Status;
using Lateen.Api;
using Lateen.Logging;
using Lateen.Tests.Proxy;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

/// <summary>How an agent that is told to end (SIGTERM) treats a request that is under way.</summary>
public sealed class TerminationTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("lateen-agent-");
    private readonly Watch _log = new();
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _root.Delete(recursive: true);
        _log.Dispose();
    }

    [Fact]
    public async Task Agent_ThatExitsAtZeroConnections_WaitsForTheRequestHoweverLong()
    {
        await using Backend backend = Slow();
        await RunAsync(backend, TimeSpan.Zero, "true", async (agent, answer) =>
        {
            agent.End();
            await _log.StillActive.Task.WaitAsync(Patience.Limit, Cancellation);
            _go.SetResult();

            string text = await answer;
            text.ShouldContain("connection: close\r\n");
            text.ShouldEndWith("late");
        });
    }

    [Fact]
    public async Task Agent_AtTheLimitOfItsDrain_EndsAllTheSame()
    {
        await using Backend backend = Slow();
        // The answer never comes; that the agent ends is what RunAsync waits for.
        await RunAsync(backend, TimeSpan.FromMilliseconds(100), "false", (agent, _) =>
        {
            agent.End();
            return Task.CompletedTask;
        });
    }

    private async Task RunAsync(Backend backend, TimeSpan drain, string exitsAtZero, Func<AgentHost, Task<string>, Task> use)
    {
        AgentOptions options = new()
        {
            Role = "sidecar",
            Domain = "default.svc.cluster.local",
            Addresses = ["127.0.0.1"],
            Root = _root.FullName,
            Concurrency = 1,
            Environment = new Dictionary<string, string>
            {
                ["ENVOY_STATUS_PORT"] = "0", ["ENVOY_PROMETHEUS_PORT"] = "0", ["ISTIO_META_INTERCEPTION_MODE"] = "NONE",
                ["EXIT_ON_ZERO_ACTIVE_CONNECTIONS"] = exitsAtZero,
            },
            Proxy = new ProxyConfig
            {
                DiscoveryAddress = "127.0.0.1:1", ControlPlaneAuthPolicy = "NONE", ProxyAdminPort = 0, StatusPort = 0, TerminationDrainDuration = drain,
            },
        };
        using ConsoleLogFactory logs = new(_log, new LogLevels(), TimeProvider.System);
        using HttpClient client = new();
        using AppProbes probes = new(new Dictionary<string, AppProbe>(), "127.0.0.1");
        AgentHost agent = new(options, logs, TimeProvider.System, client, probes);
        Task<int> running = agent.RunAsync();
        try
        {
            Apply(agent, TypeUrls.Cluster, ProxyBed.Eds("backend"));
            Apply(agent, TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
            Apply(agent, TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
            Apply(agent, TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
            Task<string> answer = AnswerAsync(agent);
            await _arrived.Task.WaitAsync(Patience.Limit, Cancellation);
            await use(agent, answer);
        }
        finally
        {
            agent.End();
            (await running.WaitAsync(Patience.Limit, Cancellation)).ShouldBe(0);
        }
    }

    // Read to the connection's end. Here an agent that is cut off leaves its sockets behind, which a process would not.
    private static async Task<string> AnswerAsync(AgentHost agent)
    {
        try
        {
            return await ProxyBed.Exchange(agent.Proxy.ListenerAddress("http")!, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", _ => false);
        }
        catch (Exception e) when (e is SocketException or TimeoutException)
        {
            return "";
        }
    }

    private static void Apply(AgentHost agent, string type, params IMessage[] resources) =>
        agent.Proxy.Apply(type, "1", [.. resources.Select(ProxyBed.Pack)]).ShouldBeEmpty();

    private Backend Slow() => new(async (socket, stop) =>
    {
        await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
        _arrived.TrySetResult();
        await _go.Task.WaitAsync(stop);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Backend.Ok("late")), SocketFlags.None, stop);
    });

    private sealed class Watch : StringWriter
    {
        public TaskCompletionSource StillActive { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void WriteLine(string? value)
        {
            if (value!.Contains("There are still 1 active connections", StringComparison.Ordinal))
            {
                StillActive.TrySetResult();
            }
        }
    }
}
