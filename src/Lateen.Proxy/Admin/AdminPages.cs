using System.Text;
using Lateen.Proxy.Local;

namespace Lateen.Proxy.Admin;

/// <summary>The admin interface on 15000: Envoy's pages, paths and formats.</summary>
/// <remarks>
/// A page that changes something takes POST only: GET is answered 405, so that no browser or crawler can end or drain a sidecar. The
/// listener is bound to the loopback address by its host; there is no other access control, as in Envoy.
/// </remarks>
public sealed class AdminPages : ILocalHandler
{
    private const int PieceSize = 64 * 1024;

    private sealed record Page(string Path, string Help, bool IsPost, Func<LocalRequest, LocalResponse> Answer);

    private static readonly KeyValuePair<string, string>[] NoStore =
    [
        new("cache-control", "no-cache, max-age=0"), new("x-content-type-options", "nosniff"),
    ];

    private readonly ProxyServer _proxy;
    private readonly AdminContext _context;
    private readonly Page[] _pages;
    private volatile bool _isFailed;

    public AdminPages(ProxyServer proxy, AdminContext context)
    {
        _proxy = proxy;
        _context = context;
        var stats = new StatsPage(proxy);
        _pages =
        [
            new("/certs", "print certs on machine", false, _ => CertsPage.Answer(proxy, context.Time.GetUtcNow())),
            new("/clusters", "upstream cluster status (format: text, json)", false, r => ClustersPage.Answer(proxy.Clusters(), new AdminQuery(r.Query))),
            new("/config_dump", "current configuration (resource, mask, name_regex, include_eds)", false, r => ConfigDumpPage.Answer(proxy, context, new AdminQuery(r.Query))),
            new("/contention", "dump lock contention (there is no tracer here)", false, _ => Text("Mutex contention tracing is not enabled. To enable, run Envoy with flag --enable-mutex-tracing.")),
            new("/drain_listeners", "drain listeners (graceful, inboundonly)", true, r => Do(() => DrainListeners(new AdminQuery(r.Query)))),
            new("/healthcheck/fail", "cause the server to fail health checks", true, _ => Do(() => _isFailed = true)),
            new("/healthcheck/ok", "cause the server to pass health checks", true, _ => Do(() => _isFailed = false)),
            new("/help", "print out this list", false, _ => Text(Help())),
            new("/hot_restart_version", "print the hot restart compatibility version", false, _ => Text("disabled")),
            new("/listeners", "print listener info (format: text, json)", false, r => ListenersPage.Answer(proxy.Listeners(), new AdminQuery(r.Query))),
            new("/logging", "query or change log levels (level, paths, or a logger's name)", true, r => LoggingPage.Answer(context.Logging, new AdminQuery(r.Query))),
            new("/memory", "print current allocation", false, _ => ServerInfoPage.Memory()),
            new("/quitquitquit", "exit the server", true, _ => Do(context.Quit)),
            new("/ready", "print the server's state; 200 only when it is LIVE", false, _ => Ready()),
            new("/reopen_logs", "open the access logs' paths again", true, _ => Do(_proxy.ReopenLogs)),
            new("/reset_counters", "reset all counters to zero", true, _ => Do(proxy.ResetCounters)),
            new("/runtime", "print runtime values (there are none: everything about traffic is xDS)", false, _ => LocalResponse.Text("{\"layers\":[],\"entries\":{}}", contentType: "application/json")),
            new("/server_info", "print the server's version, state, node and uptime", false, _ => ServerInfoPage.Answer(context, State())),
            new("/stats", "print statistics (usedonly, filter, type, format: text, json, prometheus)", false, r => stats.Answer(new AdminQuery(r.Query))),
            new("/stats/prometheus", "print statistics in Prometheus' format (usedonly, filter)", false, r => stats.Prometheus(new AdminQuery(r.Query))),
            new("/why", "say in words why the last failed requests and connections failed", false, _ => WhyPage.Answer(_proxy.Failures())),
        ];
    }

    /// <summary>LIVE, DRAINING or INITIALIZING, in the words of server_info.</summary>
    public string State() => _isFailed || _proxy.IsDraining ? "DRAINING" : _proxy.IsReady ? "LIVE" : "INITIALIZING";

    /// <inheritdoc/>
    public ValueTask<LocalResponse> HandleAsync(LocalRequest request, CancellationToken aborted) => new(Harden(Answer(request)));

    private LocalResponse Answer(LocalRequest request)
    {
        var path = request.Path is "/" ? "/help" : request.Path.TrimEnd('/');
        foreach (var page in _pages)
        {
            if (page.Path == path)
            {
                return page.IsPost && request.Method != "POST"
                    ? Text($"Method {request.Method} not allowed, POST required.", 405)
                    : page.Answer(request);
            }
        }
        return Text("invalid path. " + Help(), 404);
    }

    private string Help()
    {
        var help = new StringBuilder("admin commands are:\n");
        foreach (var page in _pages)
        {
            help.Append("  ").Append(page.Path).Append(page.IsPost ? " (POST): " : ": ").Append(page.Help).Append('\n');
        }
        return help.ToString();
    }

    private LocalResponse Ready()
    {
        var state = State();
        return Text(state + "\n", state == "LIVE" ? 200 : 503);
    }

    private void DrainListeners(AdminQuery query)
    {
        if (query.Has("graceful"))
        {
            _proxy.Drain();
        }
        else
        {
            _proxy.StopListeners(query.Has("inboundonly"));
        }
    }

    private static LocalResponse Do(Action action)
    {
        action();
        return Text("OK\n");
    }

    private static LocalResponse Text(string body, int status = 200) => LocalResponse.Text(body, status);

    // As Envoy's admin endpoint: every page is sent chunked.
    private static LocalResponse Harden(LocalResponse response) => new()
    {
        Status = response.Status,
        Headers = [.. response.Headers, .. NoStore],
        Stream = response.Stream ?? Pieces(response.Body),
    };

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces(ReadOnlyMemory<byte> body)
    {
        for (; !body.IsEmpty; body = body[Math.Min(PieceSize, body.Length)..])
        {
            yield return body[..Math.Min(PieceSize, body.Length)];
        }

        await ValueTask.CompletedTask;
    }
}
