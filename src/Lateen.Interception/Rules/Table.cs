namespace Lateen.Interception.Rules;

/// <summary>The kernel's tables, in the order in which a hook runs them (netfilter priorities -300, -150, -100, 0).</summary>
public enum Table
{
    /// <summary>Before connection tracking: zones are set here.</summary>
    Raw,

    /// <summary>Marks and TPROXY.</summary>
    Mangle,

    /// <summary>Rewrites destinations; asked once per connection.</summary>
    Nat,

    /// <summary>Not used by interception.</summary>
    Filter,
}

/// <summary>Names of tables as iptables spells them.</summary>
public static class TableNames
{
    /// <summary>Every table that interception uses, in the kernel's order.</summary>
    public static Table[] All => [Table.Raw, Table.Mangle, Table.Nat];

    /// <summary>nat, mangle, raw or filter.</summary>
    public static string Name(this Table table) => table switch
    {
        Table.Raw => "raw",
        Table.Mangle => "mangle",
        Table.Nat => "nat",
        _ => "filter",
    };
}
