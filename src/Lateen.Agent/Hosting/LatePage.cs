using Lateen.Proxy.Local;

namespace Lateen.Agent.Hosting;

/// <summary>A page that is looked up when it is asked for.</summary>
internal sealed class LatePage(Func<ILocalHandler> page) : ILocalHandler
{
    public ValueTask<LocalResponse> HandleAsync(LocalRequest request, CancellationToken aborted) => page().HandleAsync(request, aborted);
}

/// <summary>The local pages by the name of their listener.</summary>
internal sealed class LocalPages : Dictionary<string, ILocalHandler>
{
    public LocalPages()
        : base(StringComparer.Ordinal)
    {
    }
}
