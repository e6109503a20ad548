using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Lateen.PushBench;

/// <summary>One mesh, one control plane, many proxies: the phases of a run in their order.</summary>
internal sealed class BenchRun(BenchOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-pushbench-").FullName;
    private readonly MeshObjects _mesh = new(options.Services, options.Endpoints);
    private readonly Deliveries _endpoints = new();
    private readonly Deliveries _routes = new();
    private readonly List<SidecarClient> _clients = [];
    private readonly StringBuilder _row = new();
    private ObjectApi? _api;
    private LateendProcess? _lateend;
    private int _change;

    /// <summary>From the start of the process to a first proxy that has everything.</summary>
    public async Task StartAsync()
    {
        _api = await ObjectApi.StartAsync();
        foreach (var (plural, ns, name, json) in _mesh.All())
        {
            _api.Put(plural, ns, name, json);
        }

        _lateend = new LateendProcess(options.Lateend, _api.Address, _folder);
        while (true)
        {
            var client = Client(0, 0);
            try
            {
                await client.Complete.WaitAsync(Limit);
                _clients.Add(client);
                break;
            }
            catch (Exception exception) when (exception is IOException or SocketException && Stopwatch.GetElapsedTime(_lateend.Started) < Limit)
            {
                await client.DisposeAsync();
                await Task.Delay(20);
            }
        }

        Figure("start to first full push", "start_s", Stopwatch.GetElapsedTime(_lateend.Started).TotalSeconds, "0.00", "s");
        Figure("CPU until the first full push", "start_cpu_s", _lateend.CpuMilliseconds() / 1000, "0.00", "s");
    }

    public async Task ConnectAsync()
    {
        await Task.Delay(1000);
        var before = _lateend!.ResidentMb();
        for (var i = 1; i < options.Proxies; i++)
        {
            _clients.Add(Client(i % options.Services, i / options.Services));
        }

        await Task.WhenAll(_clients.Select(client => client.Complete)).WaitAsync(Limit);
        await Task.Delay(2000);
        Figure("memory per connected proxy", "mb_per_proxy", (_lateend.ResidentMb() - before) / (options.Proxies - 1), "0.000", "MB");
        Figure("memory in all", "pss_mb", _lateend.ResidentMb(), "0", "MB");
    }

    public async Task EndpointChangesAsync()
    {
        var times = new List<double>();
        await MeasureAsync(times, 10, EndpointChangeAsync);
        times.Clear();
        var cpu = CpuNow();
        await MeasureAsync(times, options.Changes, EndpointChangeAsync);
        var used = CpuNow() - cpu;
        Percentiles("endpoint change to last ACK", "endpoint", times);
        CpuPer("endpoint change", "endpoint", used, options.Changes);
    }

    public async Task RouteChangesAsync()
    {
        var times = new List<double>();
        await MeasureAsync(times, 5, RouteChangeAsync);
        times.Clear();
        var received = _clients.Sum(client => client.Received);
        var cpu = CpuNow();
        await MeasureAsync(times, options.Changes, RouteChangeAsync);
        var used = CpuNow() - cpu;
        Percentiles("VirtualService change to last ACK", "route", times);
        Figure(
            "bytes to each proxy per VirtualService change", "route_kb", (_clients.Sum(client => client.Received) - received) / 1e3 / options.Changes / _clients.Count, "0.0", "KB");
        CpuPer("VirtualService change", "route", used, options.Changes);
    }

    /// <summary>100 endpoint changes a second: every proxy must end with the last state of every service.</summary>
    public async Task ChangesAtRateAsync()
    {
        if (options.RateSeconds == 0)
        {
            return;
        }

        const int Rate = 100;
        var last = new Dictionary<int, int>();
        var cpu = _lateend!.CpuMilliseconds();
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < options.RateSeconds * Rate; i++)
        {
            var due = TimeSpan.FromSeconds(i / (double)Rate) - Stopwatch.GetElapsedTime(begin);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due);
            }

            var service = i % Math.Min(options.Services, 500);
            last[service] = PutEndpointChange(service);
        }

        var end = Stopwatch.GetTimestamp();
        foreach (var change in last.Values)
        {
            await _endpoints.WaitAsync(change, Limit);
        }

        cpu = _lateend.CpuMilliseconds() - cpu;
        Figure("100 changes/s: all delivered after the last", "rate_lag_ms", Stopwatch.GetElapsedTime(end).TotalMilliseconds, "0", "ms");
        Figure("100 changes/s: CPU", "rate_cpu_percent", cpu / (options.RateSeconds * 1000.0) * 100, "0", "% of a core");
    }

    public async Task ConnectRateAsync()
    {
        if (options.Connects == 0)
        {
            return;
        }

        var cpu = CpuNow();
        var begin = Stopwatch.GetTimestamp();
        var newcomers = Enumerable.Range(0, options.Connects).Select(i => Client(i % options.Services, 1 + (i / options.Services))).ToList();
        await Task.WhenAll(newcomers.Select(client => client.Admitted)).WaitAsync(Limit);
        var admitted = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        await Task.WhenAll(newcomers.Select(client => client.Complete)).WaitAsync(Limit);
        var served = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var used = CpuNow() - cpu;
        Figure("new proxies admitted (first answer)", "admitted_per_s", options.Connects / admitted, "0", "/s");
        Figure("new proxies served (all answers)", "connects_per_s", options.Connects / served, "0", "/s");
        Figure("configuration of a new proxy", "connect_mb", newcomers.Average(client => client.Received) / 1e6, "0.00", "MB");
        CpuPer("new proxy", "connect", used, options.Connects);
        foreach (var client in newcomers)
        {
            await client.DisposeAsync();
        }
    }

    /// <summary>Adds the figures to the table of results.</summary>
    public void Append()
    {
        if (options.Results is { } file)
        {
            var machine = $"{Environment.ProcessorCount} cores";
            File.AppendAllText(file, string.Create(
                CultureInfo.InvariantCulture,
                $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ssZ}\t{machine}\tservices={options.Services}\tproxies={options.Proxies}\t{(options.Delta ? "delta" : "sotw")}{(options.Plain ? " plain" : "")}{_row}\n"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        if (_lateend is not null)
        {
            await _lateend.DisposeAsync();
        }

        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private SidecarClient Client(int service, int replica) => new(
        _lateend!.Xds, service, replica, options.Delta, options.Plain, _endpoints.Seen, _routes.Seen);

    private static async Task MeasureAsync(List<double> times, int count, Func<Task<TimeSpan>> change)
    {
        for (var i = 0; i < count; i++)
        {
            times.Add((await change()).TotalMilliseconds);
        }
    }

    private Task<TimeSpan> EndpointChangeAsync() =>
        _endpoints.WaitAsync(PutEndpointChange((_change * 7) % options.Services), Limit);

    private int PutEndpointChange(int service)
    {
        // A marker has two bytes for the number.
        var change = _change = (_change + 1) & 0xffff;
        _endpoints.Begin(change, _clients.Count);
        _api!.Put("endpointslices", MeshObjects.Namespace(service), $"svc-{service}-1", _mesh.Slice(service, change));
        return change;
    }

    private Task<TimeSpan> RouteChangeAsync()
    {
        var change = ++_change;
        var service = change % 50;
        _routes.Begin(change, _clients.Count);
        _api!.Put("virtualservices", MeshObjects.Namespace(service), $"svc-{service}", MeshObjects.VirtualService(service, change));
        return _routes.WaitAsync(change, Limit);
    }

    private Cpu CpuNow() => new(_lateend!.CpuMilliseconds(), Environment.CpuUsage.TotalTime.TotalMilliseconds);

    private void CpuPer(string what, string column, Cpu used, int count)
    {
        Figure($"CPU per {what}", $"{column}_cpu_ms", used.Server / count, "0.0", "ms");
        Figure($"CPU of the bench itself per {what}", $"{column}_bench_cpu_ms", used.Bench / count, "0.0", "ms");
    }

    private void Percentiles(string what, string column, List<double> times)
    {
        times.Sort();
        Figure($"{what}, p50", $"{column}_p50_ms", times[times.Count / 2], "0.0", "ms");
        Figure($"{what}, p99", $"{column}_p99_ms", times[Math.Min(times.Count - 1, (int)(times.Count * 0.99))], "0.0", "ms");
    }

    private void Figure(string what, string column, double value, string format, string unit)
    {
        var text = value.ToString(format, CultureInfo.InvariantCulture);
        Console.WriteLine($"{what,-48} {text} {unit}");
        _row.Append('\t').Append(column).Append('=').Append(text);
    }

    /// <summary>Processor time in milliseconds: of the control plane, and of the process that is all proxies and the API server.</summary>
    private readonly record struct Cpu(double Server, double Bench)
    {
        public static Cpu operator -(Cpu a, Cpu b) => new(a.Server - b.Server, a.Bench - b.Bench);
    }
}
