namespace Lateen.Config;

/// <summary>How bad a problem is; istioctl's three levels.</summary>
public enum ProblemSeverity
{
    /// <summary>Worth knowing.</summary>
    Notice,

    /// <summary>The configuration is in force but probably does not do what was meant.</summary>
    Warning,

    /// <summary>The object is refused, or quarantined when it is already stored.</summary>
    Error,
}
