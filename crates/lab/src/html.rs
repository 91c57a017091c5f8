//! The little markup that all simulated portals share: a page frame with the usual noise, and escaping.

/// Escapes text for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page of the years around 2012: a frame, a menu, comments and hidden templates that carry words
/// of other outcomes. A reader that searches the whole page for 密码错误 falls into the trap.
pub(crate) fn page(title: &str, charset: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \
         \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\r\n\
         <html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset={charset}\">\r\n\
         <title>{title}</title>\r\n<!-- 提示模板：密码错误 / 验证码错误 / 系统维护中 -->\r\n\
         <script type=\"text/javascript\">\r\nvar tips = {{ e1: \"密码错误\", e2: \"验证码错误\", \
         e3: \"用户名不存在\" }};\r\n</script>\r\n</head>\r\n<body>\r\n\
         <table class=\"top\" width=\"100%\"><tr><td>&nbsp;</td><td align=\"right\">\
         今天是&nbsp;<span id=\"today\"></span></td></tr></table>\r\n{body}\r\n\
         <div class=\"foot\">版权所有&copy;&nbsp;示例信息技术有限公司</div>\r\n</body></html>\r\n"
    )
}
