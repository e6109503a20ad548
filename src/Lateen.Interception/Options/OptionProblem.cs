namespace Lateen.Interception.Options;

/// <summary>Something wrong with an option, in words for the person who set it.</summary>
/// <param name="Where">The flag or environment variable that holds the value.</param>
/// <param name="What">What is wrong with it.</param>
/// <param name="Fix">What to write instead.</param>
public sealed record OptionProblem(string Where, string What, string Fix)
{
    /// <summary>One line: where, what, fix.</summary>
    public override string ToString() => $"{Where}: {What}; {Fix}";
}
