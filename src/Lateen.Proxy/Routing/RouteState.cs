namespace Lateen.Proxy.Routing;

/// <summary>The holder of a route configuration of a name: connection managers point to it, RDS fills it.</summary>
internal sealed class RouteState(string name)
{
    private volatile RouteTable? _table;

    public string Name { get; } = name;

    /// <summary>The table in force; null until RDS has delivered it. A request reads it once.</summary>
    public RouteTable? Table
    {
        get => _table;
        set => _table = value;
    }
}
