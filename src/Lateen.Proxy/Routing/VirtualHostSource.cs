namespace Lateen.Proxy.Routing;

/// <summary>A virtual host of a table: compiled, or as it was received and compiled when a request first comes for it.</summary>
/// <remarks>
/// A sidecar's table has a virtual host for every service of the mesh. Each was compiled once when the table came, so that what cannot be
/// honoured was refused then.
/// </remarks>
internal sealed class VirtualHostSource
{
    private readonly Func<Range, VirtualHost>? _compile;
    private readonly Range _place;
    private VirtualHost? _host;

    public VirtualHostSource(VirtualHost host) => _host = host;

    /// <param name="place">Where the message is in the table's, which is kept anyway.</param>
    /// <param name="compile">Shared by the table's hosts.</param>
    public VirtualHostSource(Range place, Func<Range, VirtualHost> compile) => (_place, _compile) = (place, compile);

    /// <summary>The host; any thread. Threads that come at once for the first time agree on one.</summary>
    public VirtualHost Host => Volatile.Read(ref _host) ?? Interlocked.CompareExchange(ref _host, _compile!(_place), null) ?? _host;
}
