using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.Health;

/// <summary>Checks one host again and again: connect, send, look at the answer, wait. Each check has a connection of its own.</summary>
internal sealed class HealthProbe : StreamSocket
{
    private const int AnswerLimit = 16 * 1024;

    private readonly HealthChecker _checker;
    private readonly ProbeTimer _timer;
    private readonly MessageHead _head = new();
    private readonly List<byte> _answer = [];
    private GrpcCheck? _call;
    private bool _ended;
    private bool _checking;

    public HealthProbe(HealthChecker checker, Host host) : base(checker.Services.Loop)
    {
        (_checker, Host) = (checker, host);
        Check = new HostCheck(checker.Config, startsFailed: true);
        _timer = new ProbeTimer(this);
    }

    public Host Host { get; }

    public HostCheck Check { get; }

    public void Begin(long delay) => Loop.ArmTimer(_timer, delay);

    public void End()
    {
        _ended = true;
        Loop.Timers.Cancel(_timer);
        EndCall();
        CloseSocket();
    }

    public override void Abort() => Finish(CheckResult.NetworkFailure);

    protected override void OnConnected(int error)
    {
        if (error != 0)
        {
            Finish(CheckResult.NetworkFailure);
            return;
        }
        if (_checker.Config is { IsHttp: false, Expected.Length: 0 })
        {
            Finish(CheckResult.Passed);
            return;
        }
        Write(_checker.Config.Request);
    }

    protected override void OnReadable(Readiness events)
    {
        while (_checking)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n <= 0)
            {
                Finish(CheckResult.NetworkFailure);
                return;
            }
            if (_checker.Config.IsHttp)
            {
                TakeHttp(Loop.Input.AsSpan(0, n));
            }
            else
            {
                TakeBytes(Loop.Input.AsSpan(0, n));
            }
        }
    }

    protected override void OnOutputFailed(int error) => Finish(CheckResult.NetworkFailure);

    private void Start()
    {
        _checker.Count(HealthStat.Attempt);
        _checking = true;
        _head.Reset();
        _answer.Clear();
        IpEndpoint address = Host.Config.HealthPort > 0 ? Host.Address.WithPort(Host.Config.HealthPort) : Host.Address;
        string? problem = null;
        StreamTransport? transport = _checker.Cluster.TransportOf(Host.Config)?.Open(
            _checker.Services.Worker, default, null, null, exchangesPeers: false, out problem);
        int fd = problem is null ? SocketCalls.Connect(address, new ConnectSource(_checker.Cluster.SourceAddress)) : -1;
        if (fd < 0)
        {
            transport?.Close(-1, whole: false);
            Finish(CheckResult.NetworkFailure);
            return;
        }
        Loop.ArmTimer(_timer, _checker.Config.TimeoutMilliseconds);
        if (_checker.Config.Grpc is { } grpc)
        {
            _call = new GrpcCheck(_checker.Services.Worker, grpc, Finish);
            _call.Start(fd, transport);
            return;
        }
        AttachConnecting(fd, transport);
    }

    private void TakeHttp(ReadOnlySpan<byte> data)
    {
        HeadStatus status = _head.Parse(data, HeadLimits.Response, isRequest: false, out _);
        if (status == HeadStatus.Complete)
        {
            Finish(Judge());
        }
        else if (status != HeadStatus.Incomplete)
        {
            Finish(CheckResult.Refused);
        }
    }

    private CheckResult Judge()
    {
        HealthCheckConfig config = _checker.Config;
        if (!InRange(config.ExpectedStatuses, _head.Status))
        {
            return InRange(config.RetriableStatuses, _head.Status) ? CheckResult.NetworkFailure : CheckResult.Refused;
        }
        if (config.ServiceName is { } name)
        {
            if (!_head.TryGet("x-envoy-upstream-healthchecked-cluster"u8, out ReadOnlySpan<byte> cluster) || !name.Matches(cluster))
            {
                _checker.Count(HealthStat.VerifyCluster);
                return CheckResult.Refused;
            }
        }
        return _head.TryGet("x-envoy-degraded"u8, out _) ? CheckResult.PassedDegraded : CheckResult.Passed;
    }

    private void TakeBytes(ReadOnlySpan<byte> data)
    {
        _answer.AddRange(data);
        if (_answer.Count > AnswerLimit)
        {
            Finish(CheckResult.NetworkFailure);
            return;
        }
        ReadOnlySpan<byte> rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_answer);
        foreach (byte[] expected in _checker.Config.Expected)
        {
            int at = rest.IndexOf(expected);
            if (at < 0)
            {
                return;
            }
            rest = rest[(at + expected.Length)..];
        }
        Finish(CheckResult.Passed);
    }

    private void Finish(CheckResult result)
    {
        if (!_checking)
        {
            return;
        }
        _checking = false;
        EndCall();
        CloseSocket();
        if (_ended)
        {
            return;
        }
        _checker.OnResult(this, result);
        Loop.ArmTimer(_timer, _checker.NextDelay(this));
    }

    private void EndCall()
    {
        GrpcCheck? call = _call;
        _call = null;
        call?.End();
    }

    private void OnTimer()
    {
        if (_checking)
        {
            Finish(CheckResult.NetworkFailure);
        }
        else
        {
            Start();
        }
    }

    private static bool InRange((int Start, int End)[] ranges, int status) => Array.Exists(ranges, r => status >= r.Start && status < r.End);

    private sealed class ProbeTimer(HealthProbe owner) : LoopTimer
    {
        public override void OnTimer() => owner.OnTimer();
    }
}
