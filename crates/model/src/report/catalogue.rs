//! Every field of every table of both documents: verbatim names, misspellings included, and the
//! kind of value each holds. The order is the documents' own.

use super::{Field, Kind};

const fn text(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::Text }
}
const fn money(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::Money }
}
const fn money_text(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::MoneyText }
}
const fn fund_ratio(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::FundRatio }
}
const fn insurance_ratio(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::InsuranceRatio }
}
const fn count(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::Count }
}
const fn date(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::Date }
}
const fn month(name: &'static str, label: &'static str) -> Field {
    Field { name, label, kind: Kind::Month }
}

/// `baseInfo` of the fund document.
pub(super) const FUND_BASE: &[Field] = &[
    date("birthday", "出生日期"),
    text("employeeName", "姓名"),
    text("houseFundStatus", "账户状态"),
    money("personalMonthPayAmount", "个人月缴金额"),
    money("inYearAddPayAmount", "本年补缴"),
    text("gender", "性别"),
    money("inYearInterest", "本年利息"),
    money_text("inYearTranerin", "本年转入"),
    money("inYearReceiveAmount", "本年支取"),
    date("openAccountDate", "开户日期"),
    text("idCard", "身份证号"),
    month("payUntilDate", "缴至年月"),
    text("companyName", "公司名称"),
    text("cardType", "证件类型"),
    money("lastYearBalance", "上年余额"),
    money("lastYearInterest", "上年利息"),
    money("inYearPayAmount", "本年缴交"),
    money("monthPayAmount", "月缴总额"),
    text("bindMobile", "绑定手机号"),
    money("companyMonthPayAmount", "单位月缴额"),
    money("monthPayBaseAmount", "月缴基数"),
    text("employeeAccountNum", "职工账号"),
    money("houseFundBalance", "公积金余额"),
    text("bankAccount", "银行账号"),
    text("bankName", "缴存银行"),
    text("companyAccountNum", "单位账号"),
    text("depositManageDept", "缴存管理部"),
    text("belongOffice", "所属办事处"),
    fund_ratio("depositRatioPersonal", "个人缴存比例"),
    fund_ratio("depositRatioCompany", "单位缴存比例"),
    text("nameAuth", "实名认证状态"),
    text("bindEmail", "绑定邮箱"),
    text("houseFundAccount", "公积金账号"),
    text("homeAddress", "通讯地址"),
];

/// A row of `billInfos`.
pub(super) const FUND_BILL: &[Field] = &[
    text("note", "摘要"),
    money("payBase", "缴纳基数"),
    money("balance", "余额"),
    date("payArriveDate", "入账时间"),
    money("inAmount", "转入金额"),
    text("companyName", "公司名称"),
    month("payMonth", "缴存年月"),
    money("outAmount", "转出金额"),
];

/// `loanInfos[].detailInfo`.
pub(super) const LOAN_DETAIL: &[Field] = &[
    text("loanName", "贷款人姓名"),
    text("loanIDCard", "贷款人身份证号"),
    text("loanPhone", "贷款人手机"),
    text("address", "贷款人通讯地址"),
    text("houseAddress", "房屋地址"),
    text("companyName", "单位名称"),
    text("bankName", "受托银行"),
    text("bankAccount", "还款账户"),
    text("loanNum", "贷款合同编号"),
    money("loanAmount", "贷款金额"),
    text("loanType", "贷款类型"),
    text("loanLength", "贷款年限"),
    text("loanRate", "贷款利率"),
    text("loanStatus", "还款状态"),
    date("loanDate", "放款日期"),
    date("loanEndDate", "贷款结束日期"),
    text("houseType", "购房类型"),
    text("guaranteeType", "担保方式"),
    text("paymentType", "还款方式"),
    text("paymentDay", "月还款日期"),
    money_text("paymentAmount", "月还款金额"),
    money("duePrincipal", "已还本金"),
    money("overdueAmount", "逾期金额"),
    money("loanBalance", "贷款余额"),
    count("hisOverdueCount", "历史逾期期数"),
    money("repayInterest", "已还利息"),
    money("monthLowestRepay", "月最低还款"),
    money("currentOverdueInterest", "当前逾期利息"),
    count("currentOverdueCount", "当前逾期期数"),
    money("hisOverdueAmount", "历史逾期金额"),
    text("isMonthHedge", "冲还贷方式"),
    text("gjjLoanNum", "公积金贷款账号"),
    text("commercialLoanNum", "商业贷款账号"),
    money("receivePunishInterest", "已收罚息"),
    text("loanApplyStatus", "贷款申请状态"),
];

/// A row of `loanInfos[].loanRepayerInfos`.
pub(super) const LOAN_REPAYER: &[Field] = &[
    text("repayNo", "还款顺序"),
    text("repayname", "还款人姓名"),
    text("idCard", "还款人身份证号"),
    text("phone", "还款人手机号"),
    text("corporationName", "还款人工作单位"),
    text("bankAccount", "还款人银行账号"),
    text("relation", "与申请人的关系"),
    date("signDate", "签约日期"),
];

/// A row of `loanInfos[].loanRepayInfos`.
pub(super) const LOAN_REPAY: &[Field] = &[
    date("date", "还款日期"),
    month("repayMonth", "还款期次"),
    money("principal", "偿还本金"),
    money("interest", "偿还利息"),
    money("sum", "本息合计"),
    money("bankDeduction", "银行扣款"),
    money("selfHedge", "本人对冲"),
    money("mateHedge", "配偶对冲"),
    money("balance", "本金余额"),
    text("describe", "还款描述"),
    money("repayPunishInterest", "偿还罚息"),
];

/// A row of `loanInfos[].loanOverdueInfos`.
pub(super) const LOAN_OVERDUE: &[Field] = &[
    date("date", "逾期日期"),
    money("principal", "逾期本金"),
    money("interest", "逾期利息"),
    money("penalty", "逾期罚息"),
    money("overdueBalance", "逾期余额"),
    money("summary", "合计"),
];

/// `baseInfo` of the insurance document, without `tid`, which is the task's own.
pub(super) const INSURANCE_BASE: &[Field] = &[
    text("company", "公司名称"),
    text("organizeCode", "组织机构代码"),
    text("socialInsuranceNum", "社会保险登记证编号"),
    text("unifiedSocialCreditCode", "统一社会信用代码"),
    text("companyType", "公司类型"),
    text("areaCounty", "公司地址"),
    text("imgUrl", "图片"),
    text("name", "姓名"),
    text("socialSecurityNo", "社会保障号码"),
    text("idcard", "身份证号"),
    text("personalNo", "个人编号"),
    text("sex", "性别"),
    date("birthday", "出生日期"),
    text("nation", "民族"),
    text("country", "国家/地区"),
    text("identityType", "个人身份"),
    date("workDate", "参加工作日期"),
    text("hukouType", "户口性质"),
    text("hukouAddress", "户口所在地地址"),
    text("hukouZipcode", "户口所在地邮编"),
    text("residenceAddress", "居住地地址"),
    text("residenceZipcode", "居住地邮编"),
    text("mailStatementAddress", "对账单地址"),
    text("statementZipcode", "对账单邮编"),
    text("statementType", "获取对账单方式"),
    text("mail", "电子邮件"),
    text("education", "文化程度"),
    text("selePhone", "参保人电话"),
    money("salary", "申报月均工资"),
    text("papersType", "证件类型"),
    text("papersNum", "证件号码"),
    text("bankName", "代发银行名称"),
    text("bankNum", "代发银行账号"),
    text("payPersonType", "缴费人员类别"),
    text("insurePersonType", "医疗参保人员类别"),
    text("dimissionRetireType", "离退休类别"),
    date("dimissionRetireDate", "离退休日期"),
    date("firstInsuredDate", "首次参保时间"),
    date("lastPayDate", "最后缴纳时间"),
    text("payStatus", "缴存状态"),
    text("industrialStatus", "工伤投保状态"),
    text("unemploymentStatus", "失业投保状态"),
    text("medicalStatus", "医疗投保状态"),
    text("endowmentStatus", "养老投保状态"),
    text("maternityStatus", "生育投保状态"),
    money_text("medicalBankBalance", "医疗账户余额"),
];

/// A row of each of the five insurances.
pub(super) const INSURANCE_ROW: &[Field] = &[
    date("payDate", "缴费日期"),
    month("payMonthly", "所属年月"),
    text("company", "缴费单位"),
    money_text("salary", "缴费基数"),
    money("payCompany", "单位缴费"),
    money("payPerson", "个人缴费"),
    insurance_ratio("payCompanyScale", "单位缴费比例"),
    insurance_ratio("payPersonScale", "个人缴费比例"),
    money("amount", "缴存总额"),
    text("status", "缴存状态"),
    text("describe", "说明"),
];
