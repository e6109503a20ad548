using Lateen.Proxy.Http;

namespace Lateen.Proxy.Filters;

/// <summary>What a filter says of a request.</summary>
internal enum FilterVerdict
{
    /// <summary>On to the next filter.</summary>
    Continue,

    /// <summary>The filter is asked again after <see cref="HttpExchange.WaitInFilter"/>.</summary>
    Wait,

    /// <summary>The filter has answered; the request goes no further.</summary>
    Answered,
}

/// <summary>A filter of a connection manager's chain, compiled. Holds no state of a request.</summary>
internal abstract class HttpFilterFactory
{
    /// <summary>The name in http_filters, the key of typed_per_filter_config.</summary>
    public required string Name { get; init; }

    /// <summary>Looks at the request before it is sent upstream; the route is chosen, or none was found.</summary>
    public abstract FilterVerdict OnRequest(HttpExchange exchange);

    /// <summary><see cref="OnComplete"/> is wanted.</summary>
    public virtual bool WatchesCompletion => false;

    /// <summary>The request is over, however it ended and whether or not it came as far as this filter; the log is written next.</summary>
    public virtual void OnComplete(HttpExchange exchange)
    {
    }

    /// <summary>Looks at the response before it is sent downstream. Called for local replies as well.</summary>
    public virtual void OnResponse(HttpExchange exchange)
    {
    }
}
