using System.Collections.Concurrent;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>What was made of one view for proxies that are alike in it. Safe from any thread.</summary>
internal sealed class ProxyResults
{
    // A client may ask for any names; what it makes us remember must not grow without end.
    private const int MaxNames = 50_000;

    private readonly ConcurrentDictionary<string, Lazy<XdsResource>> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Assignment> _assignments = new(StringComparer.Ordinal);
    private Lazy<XdsResource[]>? _list;
    private Answer? _answer;
    private int _names;

    /// <summary>All resources of a type without names. Hundreds of proxies ask at once: one makes it, the others wait for it.</summary>
    public XdsResource[] List(Func<XdsResource[]> make)
    {
        if (Volatile.Read(ref _list) is not { } list)
        {
            var made = new Lazy<XdsResource[]>(make);
            list = Interlocked.CompareExchange(ref _list, made, null) ?? made;
        }

        return list.Value;
    }

    /// <summary>What is remembered; what is being made just now is not yet.</summary>
    public IEnumerable<XdsResource> Kept() =>
        (Volatile.Read(ref _list) is { IsValueCreated: true } list ? list.Value : [])
        .Concat(_byName.Values.Where(made => made.IsValueCreated).Select(made => made.Value))
        .Concat(_assignments.Values.Select(assignment => assignment.Resource));

    /// <summary>The resource of a name that holds as long as the view does.</summary>
    public XdsResource ByName(string name, Func<XdsResource> make)
    {
        if (!_byName.TryGetValue(name, out var known))
        {
            Count();
            known = _byName.GetOrAdd(name, static (_, make) => new Lazy<XdsResource>(make), make);
        }

        return known.Value;
    }

    /// <summary>The last answer, when it was for these very names and endpoints: streams that name the same share the object that holds the names.</summary>
    public XdsResource[]? AnswerOf(IReadOnlyCollection<string> names, EndpointTable endpoints) =>
        Volatile.Read(ref _answer) is { } answer && ReferenceEquals(answer.Names, names) && ReferenceEquals(answer.Endpoints, endpoints) ? answer.Found : null;

    /// <summary>Remembers an answer in place of the one before.</summary>
    public void Answered(IReadOnlyCollection<string> names, EndpointTable endpoints, XdsResource[] found) =>
        Volatile.Write(ref _answer, new Answer(names, endpoints, found));

    /// <summary>The load assignments that hold for these endpoints, in their places; a place stays null where none is known.</summary>
    /// <returns>Whether all are known.</returns>
    public bool Find(IEnumerable<string> names, EndpointTable endpoints, XdsResource?[] found)
    {
        var (i, all) = (0, true);
        foreach (var name in names)
        {
            if (found[i] is null && _assignments.TryGetValue(name, out var known) && known.HoldsIn(endpoints))
            {
                found[i] = known.Resource;
            }

            all &= found[i++] is not null;
        }

        return all;
    }

    /// <summary>Remembers a load assignment, which was made from the endpoints of that service (null = of none).</summary>
    public void Keep(string name, ServiceKey? service, EndpointTable endpoints, XdsResource resource)
    {
        Count();
        _assignments[name] = new Assignment(service, service is { } key ? endpoints.Find(key) : null, resource);
    }

    private void Count()
    {
        if (Interlocked.Increment(ref _names) > MaxNames)
        {
            _byName.Clear();
            _assignments.Clear();
            Interlocked.Exchange(ref _names, 1);
        }
    }

    private sealed record Answer(IReadOnlyCollection<string> Names, EndpointTable Endpoints, XdsResource[] Found);

    private sealed record Assignment(ServiceKey? Service, EndpointShard? Shard, XdsResource Resource)
    {
        public bool HoldsIn(EndpointTable endpoints) => Service is not { } key || ReferenceEquals(endpoints.Find(key), Shard);
    }
}
